//! One key, two values of it, and what is said because of them.

use serde_json::Value;

use super::schema_paths::set;
use super::world::{Scene, tell};

/// Two files that differ in one key only.
pub(super) struct Case {
    /// Where it stands in the file: `classes[0].mode`.
    pub(super) path: String,
    /// The rest of the file.
    pub(super) base: Value,
    /// Its two values, as JSON.
    pub(super) values: [&'static str; 2],
    pub(super) scene: Scene,
    /// Of whom something else is said with the second value than with the first: cluster and VM.
    pub(super) of: &'static [&'static str],
    /// What is said with one value only.
    pub(super) said: [&'static str; 2],
    /// Of whom the same is said.
    pub(super) same: &'static [&'static str],
}

impl Case {
    /// The key as the schema has it.
    pub(super) fn key(&self) -> String {
        self.path.replace("[0]", "[]")
    }

    /// Plays both files.
    pub(super) fn check(&self) {
        let [first, second] = self.values.map(|value| tell(&self.with(value), self.scene));
        let what = format!("{}: {} -> {}", self.path, self.values[0], self.values[1]);
        for who in self.of {
            for (told, said, other) in [(&first, 0, 1), (&second, 1, 0)] {
                let text = told.of(who);
                let good = text.contains(self.said[said]) && !text.contains(self.said[other]);
                assert!(good, "{what}: with {} of {who}:\n{text}", self.values[said]);
            }
        }
        for who in self.same {
            assert_eq!(first.of(who), second.of(who), "{what}: {who}");
        }
    }

    fn with(&self, value: &str) -> String {
        let mut file = self.base.clone();
        set(&mut file, &self.path, value);
        file.to_string()
    }
}
