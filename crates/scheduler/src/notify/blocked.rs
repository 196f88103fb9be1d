//! What keeps VMs from being looked after, for whoever sums up.

use std::fmt;
use std::sync::Arc;

/// Asks for it: a line for each.
#[derive(Clone)]
pub(crate) struct Blocked(Arc<dyn Fn() -> Vec<String> + Send + Sync>);

impl Blocked {
    pub(crate) fn new(ask: impl Fn() -> Vec<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    pub(super) fn lines(&self) -> Vec<String> {
        (self.0)()
    }
}

/// Nothing is.
impl Default for Blocked {
    fn default() -> Self {
        Self::new(Vec::new)
    }
}

impl fmt::Debug for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blocked")
    }
}
