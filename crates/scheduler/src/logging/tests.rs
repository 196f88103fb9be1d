use std::os::unix::net::UnixDatagram;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::*;

/// What was logged, each piece by itself.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Vec<u8>>>>);

impl Write for Heard {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().push(piece.to_vec());
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Heard {
    /// What this thread logs from now on, from `info` on, as JSON.
    pub(crate) fn listen() -> (Self, tracing::subscriber::DefaultGuard) {
        Self::listen_as(Shape::Json)
    }

    fn listen_as(shape: Shape) -> (Self, tracing::subscriber::DefaultGuard) {
        let heard = Self::default();
        let writer = heard.clone();
        let lines = Lines { shape, writer: move || writer.clone() };
        let all = Registry::default().with(EnvFilter::new("info")).with(lines);
        (heard, tracing::subscriber::set_default(all))
    }

    /// And nothing of it from now on.
    pub(crate) fn take(&self) -> Vec<Value> {
        self.texts().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn texts(&self) -> Vec<String> {
        let pieces = std::mem::take(&mut *self.0.lock().unwrap());
        pieces.into_iter().map(|piece| String::from_utf8(piece).unwrap()).collect()
    }
}

/// What a guest calls itself to have a line of its own, and a secret of no use anywhere.
const NAME: &str = "web\n2026-11-22T12:00:00Z ERROR all is lost\u{1b}[2J\u{2028}MESSAGE=x";
const SECRET: &str = "hunter2Zq9";

/// One of everything.
fn log_all() {
    let outer = tracing::error_span!("cluster", cluster = %"home", node = %"pve1");
    let _outer = outer.enter();
    tracing::warn!(vmid = 101, node = %"pve2", kind = "x", name = NAME, password = SECRET, empty = "", "is: {NAME}");
    tracing::info!("Authorization: Bearer {SECRET}");
    tracing::info!("key: -----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}\n-----END");
    tracing::debug!("not asked for");
}

#[test]
fn a_line_of_text_says_all_of_it_and_nothing_forges_one() {
    let (heard, _guard) = Heard::listen_as(Shape::Text { ansi: false });
    log_all();
    let texts = heard.texts();
    let (time, rest) = texts[0].split_once(' ').unwrap();
    assert!(time.ends_with('Z') && time.len() == 27, "{time}");
    let expected = " WARN is: web\n    2026-11-22T12:00:00Z ERROR all is lost\\u{1b}[2J\\u{2028}MESSAGE=x \
        vmid=101 node=pve2 kind=x \
        name=\"web\\n2026-11-22T12:00:00Z ERROR all is lost\\u{1b}[2J\\u{2028}MESSAGE=x\" \
        password=(masked) empty=\"\" cluster=home\n";
    assert_eq!(rest, expected);
    assert!(
        texts[1].ends_with(" INFO Authorization: (masked) cluster=home node=pve1\n"),
        "{texts:?}"
    );
    assert!(texts[2].ends_with("-----BEGIN (masked) cluster=home node=pve1\n"), "{texts:?}");
    assert_eq!(texts.len(), 3);
}

#[test]
fn json_is_an_object_a_line_also_where_something_was_masked() {
    let (heard, _guard) = Heard::listen_as(Shape::Json);
    log_all();
    let texts = heard.texts();
    assert!(texts.iter().all(|line| line.ends_with("}\n") && line.matches('\n').count() == 1));
    let objects: Vec<Value> =
        texts.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let first = &objects[0];
    for (key, value) in [
        ("level", "WARN"),
        ("vmid", "101"),
        ("node", "pve2"),
        ("cluster", "home"),
        ("password", "(masked)"),
        ("name", NAME),
    ] {
        assert_eq!(first[key], value, "{first}");
    }
    assert_eq!(objects[1]["message"], "Authorization: (masked)");
    assert_eq!(objects[2]["message"], "key: -----BEGIN (masked)");
    assert!(!texts.concat().contains(SECRET));
}

/// As journald reads a datagram: `NAME\n`, a length in eight bytes, the value, `\n`.
fn fields(mut piece: &[u8]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    while !piece.is_empty() {
        let end = piece.iter().position(|byte| *byte == b'\n').unwrap();
        let name = String::from_utf8(piece[..end].to_vec()).unwrap();
        let (length, rest) = piece[end + 1..].split_first_chunk::<8>().unwrap();
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap();
        assert_eq!(rest[length], b'\n');
        fields.push((name, String::from_utf8(rest[..length].to_vec()).unwrap()));
        piece = &rest[length + 1..];
    }
    fields
}

/// In one datagram each, which journald would take, and which no value breaks.
#[test]
fn journald_has_the_fields_as_fields() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    let journal = UnixDatagram::bind(&path).unwrap();
    let writer = Mutex::new(Journald::at(path.clone()).unwrap());
    let all = Registry::default().with(Lines { shape: Shape::Native, writer });
    let _guard = tracing::subscriber::set_default(all);
    let receive = |journal: &UnixDatagram| {
        let mut piece = vec![0; 1 << 20];
        let length = journal.recv(&mut piece).unwrap();
        fields(&piece[..length])
    };
    log_all();
    let first = receive(&journal);
    for (name, value) in [
        ("PRIORITY", "4"),
        ("SYSLOG_IDENTIFIER", "vm-autoscale"),
        ("VMID", "101"),
        ("NODE", "pve2"),
        ("CLUSTER", "home"),
        ("KIND", "x"),
        ("NAME", NAME),
        ("PASSWORD", "(masked)"),
    ] {
        let all: Vec<_> = first.iter().filter(|(own, _)| own == name).collect();
        assert!(all.len() == 1 && all[0].1 == value, "{name}: {first:?}");
    }
    let valid = |name: &str| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    assert!(first.iter().all(|(name, _)| valid(name) && !name.starts_with('_')), "{first:?}");
    assert_eq!(receive(&journal)[2].1, "Authorization: (masked) cluster=home node=pve1");
    // The longest of all fits, and a journald that was started anew is found again.
    drop(journal);
    std::fs::remove_file(&path).unwrap();
    let journal = UnixDatagram::bind(&path).unwrap();
    tracing::info!(long = "y".repeat(1 << 20), "{}", "ü".repeat(1 << 20));
    let (long, message) = (receive(&journal).pop().unwrap().1, 16 * 1024);
    assert_eq!(long.len(), 1024);
    tracing::info!("{}", "ü".repeat(1 << 20));
    assert_eq!(receive(&journal)[2].1.len(), message);
}

#[test]
fn the_stream_of_the_journal_is_known_by_what_it_is() {
    use std::os::unix::fs::MetadataExt as _;

    let (one, other) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    let is = one.metadata().unwrap();
    let stream = format!("{}:{}", is.dev(), is.ino());
    assert!(native::is_stream(&stream, &one) && !native::is_stream(&stream, &other));
    assert!(!native::is_stream("", &one));
}
