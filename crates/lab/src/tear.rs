//! Reads of special files that tear: the head of one line joined to the tail of another.

use crate::num::whole;

/// The text as a read gives it that was served out of two makings: one line takes its second half
/// from the line after it, with the right number of columns and wrong figures. Which line that is
/// changes with time.
pub(crate) fn lines(text: &str, now: f64) -> String {
    let mut all: Vec<String> = text.lines().map(str::to_owned).collect();
    let pairs = all.windows(2).enumerate();
    let joined = pairs.filter_map(|(i, pair)| Some((i, join(pair.first()?, pair.last()?)?)));
    let joined: Vec<(usize, String)> = joined.collect();
    let place = usize::try_from(whole(now * 7.0)).unwrap_or(0) % joined.len().max(1);
    if let Some((i, line)) = joined.into_iter().nth(place)
        && let Some(torn) = all.get_mut(i)
    {
        *torn = line;
    }
    all.join("\n") + "\n"
}

/// The first line's first half and the other's second, where both have the same columns.
fn join(head: &str, tail: &str) -> Option<String> {
    (head.ends_with(',') == tail.ends_with(',')).then_some(())?;
    let (head, tail): (Vec<&str>, Vec<&str>) =
        (head.split(':').collect(), tail.split(':').collect());
    let cut = head.len() / 2;
    (head.len() == tail.len() && cut > 1).then_some(())?;
    let fields = head.get(..cut)?.iter().chain(tail.get(cut..)?);
    Some(fields.copied().collect::<Vec<_>>().join(":"))
}
