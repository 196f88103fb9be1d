//! Mail addresses, as strict as every program on a mail's way.

/// A mail address with the name before it, if it has one.
pub type Recipient<'l> = (Option<&'l str>, &'l str);

/// What a list such as `a@example.com, Joe Doe <joe@example.com>` has between its commas: an
/// address and its name, or the text that is none.
pub fn recipients(list: &str) -> impl Iterator<Item = Result<Recipient<'_>, &str>> {
    list.split(',').map(str::trim).map(|one| recipient(one).ok_or(one))
}

fn recipient(one: &str) -> Option<Recipient<'_>> {
    let (name, address) = match one.strip_suffix('>').and_then(|one| one.split_once('<')) {
        Some((name, address)) => (Some(name.trim()).filter(|name| !name.is_empty()), address),
        None => (None, one),
    };
    let odd = |c: char| c.is_control() || matches!(c, '"' | '\\' | '<' | '>');
    (is_address(address) && !name.is_some_and(|name| name.contains(odd))).then_some((name, address))
}

/// `local@domain` in ASCII: neither quoted, nor with an address of a machine behind the `@`.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    // RFC 5322's atext.
    let atom = |part: &str| {
        let fits =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte);
        !part.is_empty() && part.bytes().all(fits)
    };
    let number =
        domain.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    local.len() <= 64 && local.split('.').all(atom) && is_domain(domain) && !number
}

/// A name of ASCII labels.
pub(crate) fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(fits)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_address_everywhere_is_one() {
        let list = "a@example.com,Joe Doe <joe+x@a-b.example> , Jörg O'Neil <j@localhost>,<b@c.de>";
        let found: Result<Vec<_>, _> = recipients(list).collect();
        let wanted = [
            (None, "a@example.com"),
            (Some("Joe Doe"), "joe+x@a-b.example"),
            (Some("Jörg O'Neil"), "j@localhost"),
            (None, "b@c.de"),
        ];
        assert_eq!(found.as_deref(), Ok(&wanted[..]));
        let literals = ["joe@[127.0.0.1]", "joe@127.0.0.1", "joe@[IPv6:::1]"];
        let texts =
            ["", "a", "@b.de", "a@", "a@b@c.de", ".a@b.de", "a.@b.de", "a..b@b.de", "a b@c.de"];
        let domains = ["a@exämple.de", "a@-b.de", "a@b-.de", "a@b..de", "a@b.de.", "a@b_c.de"];
        let names =
            ["A <a@b.de> <c@d.de>", "A> <a@b.de>", "\"A\" <a@b.de>", "A\\ <a@b.de>", "A <a@b.de"];
        let more =
            ["A\u{1b}[2J <a@b.de>", "A\r\nBcc: c@d.de <a@b.de>", "A <>", "ä@b.de", "A < a@b.de>"];
        for bad in [&literals[..], &texts, &domains, &names, &more].concat() {
            assert_eq!(recipients(bad).collect::<Vec<_>>(), [Err(bad.trim())], "{bad:?}");
        }
        assert!(recipients(&format!("{}@b.de", "a".repeat(65))).all(|one| one.is_err()));
        assert!(recipients(&format!("a@{}", "a.".repeat(127))).all(|one| one.is_err()));
    }
}
