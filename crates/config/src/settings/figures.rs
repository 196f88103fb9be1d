//! Figures of a law: each written once, for the section that says it and for what holds.

/// A figure that a section says, and between what it must lie.
pub(crate) struct Said {
    pub(crate) key: &'static str,
    pub(crate) value: f64,
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// With a blank before it, or nothing.
    pub(crate) unit: &'static str,
}

/// A section of figures.
pub(crate) trait Figures {
    /// Those that it says, in their order.
    fn said(&self) -> Vec<Said>;

    /// Their keys.
    fn keys(&self) -> Vec<&'static str> {
        self.said().iter().map(|said| said.key).collect()
    }
}

impl<F: Figures> Figures for &F {
    fn said(&self) -> Vec<Said> {
        F::said(self)
    }
}

/// Makes the section of the file, in which each figure may be left out, and what holds.
macro_rules! figures {
    (
        $(#[$meta:meta])* $section:ident, $(#[$held:meta])* $holds:ident, $above:literal;
        $($(#[$doc:meta])* $name:ident: $type:ident = $default:tt, $from:tt to $to:tt, $unit:tt;)*
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Default)]
        #[derive(serde::Serialize, serde::Deserialize, validator::Validate)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, default)]
        #[validate(schema(function = "crate::rules::figures", skip_on_field_errors = false))]
        pub struct $section {
            $(
                $(#[$doc])*
                #[cfg_attr(test, schemars(
                    range(min = $from, max = $to),
                    extend("default" = $default)
                ))]
                pub $name: Option<$type>,
            )*
        }

        $(#[$held])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $holds {
            $($(#[$doc])* pub $name: $type,)*
        }

        impl $crate::settings::figures::Figures for $section {
            fn said(&self) -> Vec<$crate::settings::figures::Said> {
                let all = [$(self.$name.map(|value| $crate::settings::figures::Said {
                    key: stringify!($name),
                    value: f64::from(value),
                    from: <f64 as From<$type>>::from($from),
                    to: <f64 as From<$type>>::from($to),
                    unit: $unit,
                })),*];
                all.into_iter().flatten().collect()
            }
        }

        impl $section {
            /// Whether it says everything that the other says.
            pub(crate) fn covers(&self, other: &Self) -> bool {
                $((other.$name.is_none() || self.$name.is_some()))&&*
            }
        }

        impl $holds {
            /// What holds where no layer says anything.
            pub(crate) const DEFAULT: Self = Self { $($name: $default),* };

            /// The key of each.
            pub(crate) const PATHS: &[&str] = &[$(concat!($above, ".", stringify!($name))),*];

            /// The first section that says a figure decides on it; of those that none says, `last`
            /// is the origin.
            pub(crate) fn choose<L: Copy>(layers: &[(L, $section)], last: L) -> (Self, Vec<L>) {
                let mut chosen = Self::DEFAULT;
                let mut origins = Vec::with_capacity(Self::PATHS.len());
                $(
                    let found = layers.iter().find_map(|(layer, own)| Some((*layer, own.$name?)));
                    if let Some((_, value)) = found {
                        chosen.$name = value;
                    }
                    origins.push(found.map_or(last, |(layer, _)| layer));
                )*
                (chosen, origins)
            }

            /// Every figure as text, by its key.
            pub(crate) fn each(&self) -> Vec<(&'static str, String)> {
                let values = [$(self.$name.to_string()),*];
                Self::PATHS.iter().copied().zip(values).collect()
            }
        }
    };
}
