//! The outer form of calls and replies.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A call as Varlink has it. `oneway` and `upgrade` are not served and are refused as unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Interface and method.
    pub method: String,
    /// Its arguments; a method without any may leave them out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// Whether several replies are welcome.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// A reply as Varlink has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The name of an error, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The values.
    #[serde(default)]
    pub parameters: Value,
    /// Whether another reply to the same call follows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub continues: bool,
}

impl Reply {
    /// The values of a reply that is no error.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub fn of<T: Serialize>(values: &T, continues: bool) -> Result<Self, serde_json::Error> {
        Ok(Self { error: None, parameters: serde_json::to_value(values)?, continues })
    }
}
