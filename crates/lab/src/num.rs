//! Between whole and real numbers, in one place.

/// The whole part; 0 for what is negative or no number.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a saturating cast is what is meant, and std offers no other way"
)]
pub(crate) fn whole(value: f64) -> u64 {
    value as u64
}

/// The whole part, at most what 32 bits hold.
pub(crate) fn whole32(value: f64) -> u32 {
    u32::try_from(whole(value)).unwrap_or(u32::MAX)
}

/// The nearest real number.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "bytes and counters here stay below 2^53"
)]
pub(crate) fn real(value: u64) -> f64 {
    value as f64
}

/// Bytes of so many MiB.
pub(crate) fn bytes(mib: f64) -> u64 {
    whole(mib * 1_048_576.0)
}
