//! Moves by the words in which they are told: of what is only recommended nothing else is noted.

/// A move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Told {
    /// vCPUs, cores or MiB; nothing where there was no limit or target.
    from: Option<f64>,
    to: Option<f64>,
    is_memory: bool,
}

impl Told {
    /// What `would: vcpus 2 -> 3 (…)` recommends; nothing of any other text.
    pub(super) fn recommended(text: &str) -> Option<Self> {
        let mut words = text.strip_prefix("would: ")?.split(' ');
        let is_memory = match words.next()? {
            "vcpus" | "cpulimit" => false,
            "memory" | "balloon" => true,
            _ => return None,
        };
        let from = size(words.next()?)?;
        let to = size(words.skip_while(|word| *word != "->").nth(1)?)?;
        Some(Self { from, to, is_memory })
    }

    /// No limit and no target are above any other.
    pub(super) fn grows(self) -> bool {
        let of = |size: Option<f64>| size.unwrap_or(f64::INFINITY);
        of(self.to) > of(self.from)
    }

    /// vCPUs and MiB that it gives back; of what had no limit it is not known how much that is.
    pub(super) fn gives_back(self) -> (f64, f64) {
        let (Some(from), Some(to)) = (self.from, self.to) else { return (0.0, 0.0) };
        let less = (from - to).max(0.0);
        if self.is_memory { (0.0, less) } else { (less, 0.0) }
    }
}

#[expect(clippy::option_option, reason = "no limit is a size, and a word that is none is not")]
fn size(word: &str) -> Option<Option<f64>> {
    if word == "none" { Some(None) } else { word.parse().ok().map(Some) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vm_autoscale_planner::Move;

    use super::*;

    /// Whatever a move says of itself is understood, and as it is meant.
    #[test]
    fn every_kind_of_move_is_read_as_it_is_told() {
        for (step, gives_back) in [
            (json!({"resource": "cpu", "from": 2, "to": 4}), (0.0, 0.0)),
            (json!({"resource": "cpu", "from": 8, "to": 5}), (3.0, 0.0)),
            (json!({"resource": "memory", "from": 4096, "to": 2048}), (0.0, 2048.0)),
            (json!({"resource": "cpulimit", "from": 4.0, "to": 2.5}), (1.5, 0.0)),
            (json!({"resource": "cpulimit", "from": 0.0, "to": 2.5}), (0.0, 0.0)),
            (json!({"resource": "cpulimit", "from": 2.5, "to": 0.0}), (0.0, 0.0)),
            (json!({"resource": "balloon", "from": null, "to": 2048}), (0.0, 0.0)),
            (json!({"resource": "balloon", "from": 4096, "to": 2048}), (0.0, 2048.0)),
        ] {
            let step: Move = serde_json::from_value(step).unwrap();
            let told = Told::recommended(&format!("would: {step} (at most 1 -> 2)")).unwrap();
            assert_eq!(told.grows(), step.is_growth(), "{step}");
            assert_eq!(told.gives_back(), gives_back, "{step}");
        }
        for other in ["", "would: ", "would: be", "vcpus 2 -> 3 (busy)", "would: vcpus x -> 3"] {
            assert_eq!(Told::recommended(other), None, "{other}");
        }
    }
}
