//! Between whole and real numbers, in one place.

/// The nearest whole number from 0 up; 0 for what is no number.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a saturating cast is what is meant, and std offers no other way"
)]
pub(crate) fn whole(value: f64) -> u32 {
    value.round() as u32
}

/// The whole part, for counting steps; 0 for what is no number.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a saturating cast is what is meant, and std offers no other way"
)]
pub(crate) fn floor(value: f64) -> usize {
    value as usize
}

/// The nearest real number.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "what is counted here stays below 2^53"
)]
pub(crate) fn real(value: usize) -> f64 {
    value as f64
}

/// With the precision that traces are kept in: four digits of a core are more than any has.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "rounding is what is meant, and std offers no other way"
)]
pub(crate) fn short(value: f64) -> f32 {
    value as f32
}

/// Rounded to three decimals, as the simulator's pipe has it.
pub(crate) fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round_ties_even() / 1000.0
}
