//! The values of one field: `01,05..10,12/2`.

use std::collections::BTreeSet;

/// What a field may hold, from the least to the greatest.
pub(crate) type Limits = (i16, i16);

/// The values in their order; `None` where the text is no list of them.
pub(crate) fn values(text: &str, limits: Limits) -> Option<Vec<i16>> {
    let (least, greatest) = limits;
    let mut all = BTreeSet::new();
    match text.strip_prefix('*') {
        Some("") => all.extend(least..=greatest),
        Some(rest) => all.extend(every(least..=greatest, rest.strip_prefix('/')?)?),
        None => {
            for item in text.split(',') {
                all.extend(some(item, limits)?);
            }
        }
    }
    Some(all.into_iter().collect())
}

/// One item: a value, a range, and how far apart the values of it are.
fn some(item: &str, (least, greatest): Limits) -> Option<Vec<i16>> {
    let value = |text: &str| number(text).filter(|value| (least..=greatest).contains(value));
    let (range, step) = match item.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (item, None),
    };
    let (from, to) = match range.split_once("..") {
        Some((from, to)) => (value(from)?, value(to)?),
        // Without an end it goes on as far as the field does.
        None if step.is_some() => (value(range)?, greatest),
        None => (value(range)?, value(range)?),
    };
    if from > to {
        return None;
    }
    every(from..=to, step.unwrap_or("1"))
}

fn every(range: std::ops::RangeInclusive<i16>, step: &str) -> Option<Vec<i16>> {
    let step = usize::try_from(number(step)?).ok().filter(|step| *step > 0)?;
    Some(range.step_by(step).collect())
}

/// Digits and nothing else, at most four of them.
fn number(text: &str) -> Option<i16> {
    let is_number = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_what_proxmox_takes_for_one() {
        let of = |text| values(text, (0, 59));
        assert_eq!(of("01,05..8,50/4"), Some(vec![1, 5, 6, 7, 8, 50, 54, 58]));
        assert_eq!(of("*/20"), Some(vec![0, 20, 40]));
        assert_eq!(of("10..30/10,10"), Some(vec![10, 20, 30]));
        assert_eq!(values("*", (1, 4)), Some(vec![1, 2, 3, 4]));
        assert_eq!(values("*/2", (1, 6)), Some(vec![1, 3, 5]));
        for bad in [
            "", "60", "-1", "+1", "5..", "..5", "9..5", "1,", ",1", "*,5", "*5", "*/0", "5/0",
            "5/", "1/2/3", "1...3", " 1", "a", "١", "00001", "5,*",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
