//! What the log was told last, so that what stays as it is has one line.

/// Something that can be wrong for a while.
#[derive(Debug, Default)]
pub(crate) struct Said(String);

impl Said {
    /// Whether this is other than what was said last.
    pub(crate) fn is_new(&mut self, text: &str) -> bool {
        let is_new = self.0 != text;
        if is_new {
            text.clone_into(&mut self.0);
        }
        is_new
    }

    /// It is well again: whether anything was said.
    pub(crate) fn is_over(&mut self) -> bool {
        !std::mem::take(&mut self.0).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_said_once_and_its_end_once() {
        let mut said = Said::default();
        let all = ["a", "a", "b", "a"].map(|text| said.is_new(text));
        assert_eq!((all, said.is_over(), said.is_over()), ([true, false, true, true], true, false));
        assert!(said.is_new("a"));
    }
}
