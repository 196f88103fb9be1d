//! Sizes, each in its one unit.

use std::fmt;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::Error;

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident, $what:literal, $min:literal..=$max:literal, $min_text:literal, $max_text:literal, $unit:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u32", into = "u32")]
        pub struct $name(u32);

        impl $name {
            /// The number, in this type's unit.
            #[must_use]
            pub const fn get(self) -> u32 {
                self.0
            }
        }

        impl TryFrom<u32> for $name {
            type Error = Error;

            fn try_from(value: u32) -> Result<Self, Error> {
                if ($min..=$max).contains(&value) {
                    return Ok(Self(value));
                }
                Err(Error::Range {
                    what: $what,
                    value: value.to_string(),
                    min: $min_text,
                    max: $max_text,
                    unit: $unit,
                })
            }
        }

        impl From<$name> for u32 {
            fn from(amount: $name) -> Self {
                amount.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

amount!(
    /// Virtual CPUs that are plugged. At least 1; QEMU itself stops at 4096 or sooner.
    Vcpus, "vcpus", 1..=4096, "1", "4096", ""
);
amount!(
    /// Memory of a VM in MiB. 16 is the schema's minimum, 4 TiB the most that QEMU is given.
    MemoryMib, "memory", 16..=4_194_304, "16", "4194304", " MiB"
);
amount!(
    /// A balloon target in MiB. 0 would remove the device at the next start and is not one.
    BalloonMib, "balloon", 1..=4_194_304, "1", "4194304", " MiB"
);

/// The CPU time that a VM may use, in cores (`cpulimit`). Live on every running VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub enum CpuLimit {
    /// At most this many hundredths of a core, 1 to 12 800.
    Hundredths(NonZeroU32),
    /// No limit; Proxmox writes it as 0 or leaves the option out.
    Unlimited,
}

impl CpuLimit {
    const MAX_HUNDREDTHS: u32 = 12_800;

    /// Hundredths of a core; 0 is no limit.
    ///
    /// # Errors
    /// More than 128 cores.
    pub fn from_hundredths(hundredths: u32) -> Result<Self, Error> {
        if hundredths > Self::MAX_HUNDREDTHS {
            return Err(Self::out_of_range(&hundredths.to_string()));
        }
        Ok(NonZeroU32::new(hundredths).map_or(Self::Unlimited, Self::Hundredths))
    }

    /// Hundredths of a core; 0 where there is no limit.
    #[must_use]
    pub fn hundredths(self) -> u32 {
        match self {
            Self::Hundredths(n) => n.get(),
            Self::Unlimited => 0,
        }
    }

    fn out_of_range(value: &str) -> Error {
        let value = value.chars().take(20).collect();
        Error::Range {
            what: "cpulimit",
            value,
            min: "0",
            max: "128",
            unit: " cores, in hundredths",
        }
    }
}

impl std::str::FromStr for CpuLimit {
    type Err = Error;

    /// Decimal with at most two significant places; `0`, `0.0` and `0.00` are no limit.
    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Self::out_of_range(text);
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let fraction = fraction.get(2..).map_or(fraction, |rest| {
            if rest.bytes().all(|b| b == b'0') { fraction.get(..2).unwrap_or(fraction) } else { "" }
        });
        let digits = |part: &str| {
            !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit())
        };
        if !digits(whole) || !digits(fraction) {
            return Err(bad());
        }
        let whole: u32 = whole.parse().map_err(|_| bad())?;
        let hundredths: u32 = format!("{fraction:0<2}").parse().map_err(|_| bad())?;
        Self::from_hundredths(whole * 100 + hundredths)
    }
}

impl fmt::Display for CpuLimit {
    /// The shortest decimal: `1.5`, `2`, `0.25`, `0` for no limit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.hundredths() / 100, self.hundredths() % 100);
        match (rest, rest % 10) {
            (0, _) => write!(f, "{whole}"),
            (_, 0) => write!(f, "{whole}.{}", rest / 10),
            _ => write!(f, "{whole}.{rest:02}"),
        }
    }
}

impl TryFrom<f64> for CpuLimit {
    type Error = Error;

    fn try_from(cores: f64) -> Result<Self, Error> {
        cores.to_string().parse()
    }
}

impl From<CpuLimit> for f64 {
    fn from(limit: CpuLimit) -> Self {
        Self::from(limit.hundredths()) / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_limits_read_and_print_as_proxmox_writes_them() {
        for (text, printed) in [
            ("0", "0"),
            ("0.00", "0"),
            ("1.5", "1.5"),
            ("1.50", "1.5"),
            ("0.25", "0.25"),
            ("128", "128"),
            ("0.01", "0.01"),
            ("2.000", "2"),
            ("10.05", "10.05"),
        ] {
            assert_eq!(text.parse::<CpuLimit>().unwrap().to_string(), printed);
        }
        for bad in ["", ".5", "1.", "-1", "128.01", "1.234", "1e2", "nan", "999999999999"] {
            assert!(bad.parse::<CpuLimit>().is_err(), "{bad}");
        }
    }

    #[test]
    fn amounts_keep_their_bounds() {
        assert!(Vcpus::try_from(0).is_err());
        assert!(MemoryMib::try_from(15).is_err());
        assert!(BalloonMib::try_from(0).is_err());
        assert_eq!(
            MemoryMib::try_from(5).unwrap_err().to_string(),
            "memory 5 is outside 16 to 4194304 MiB"
        );
    }
}
