//! Lines that fit: broken between words, what follows set in below what it belongs to.

/// `head` and the words behind it; further lines begin below the first word.
pub(crate) fn wrapped(head: &str, words: &str, width: usize) -> String {
    let indent = head.chars().count();
    let (mut text, mut at) = (head.to_owned(), indent);
    for word in words.split(' ') {
        let long = word.chars().count();
        if at > indent && at + 1 + long > width {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            at = indent;
        } else if at > indent {
            text.push(' ');
            at += 1;
        }
        text.push_str(word);
        at += long;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_below_each_other() {
        assert_eq!(wrapped("  use  ", "aa bb cc dd", 13), "  use  aa bb\n       cc dd\n");
        assert_eq!(wrapped("> ", "", 10), "> \n");
        // A word that is longer than the line stays whole: it may be a command.
        assert_eq!(wrapped("> ", "aaaaaaaaaaaa b", 8), "> aaaaaaaaaaaa\n  b\n");
    }
}
