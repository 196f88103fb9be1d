//! What is no request, and what never becomes one.

use vm_autoscale_protocol::PROTOCOL;

use super::*;

/// The longest request, without its NUL.
const MOST: usize = 4096;

fn never_requests() -> Vec<Vec<u8>> {
    let own = |method: &str| format!(r#"{{"method":"{method}"}}"#).into_bytes();
    let hello = call("Hello", &json!({"protocol": PROTOCOL}));
    let mut all = vec![
        b"".to_vec(),
        vec![0; 5000],
        b"null".to_vec(),
        b"[]".to_vec(),
        b"{}".to_vec(),
        b"{\"method\":\"io.github".to_vec(),
        b"\xff\xfe".to_vec(),
        [hello.to_string().as_bytes(), b"\xc3"].concat(),
        b"{\"method\":\"\xed\xa0\x80\"}".to_vec(),
        b"{\"method\":\"\\ud800\"}".to_vec(),
        b"\xef\xbb\xbf{\"method\":\"org.varlink.service.GetInfo\"}".to_vec(),
        // Of another protocol: its length comes first, or in a header.
        [&(1_u32 << 30).to_be_bytes()[..], hello.to_string().as_bytes()].concat(),
        b"POST / HTTP/1.1\r\nContent-Length: 1073741824\r\n\r\n{}".to_vec(),
        "[".repeat(MOST).into_bytes(),
        "{\"a\":".repeat(MOST / 5).into_bytes(),
        format!("{}{}", "[".repeat(MOST / 2), "]".repeat(MOST / 2)).into_bytes(),
        // By place and not by name.
        json!([hello["method"], hello["parameters"], false]).to_string().into_bytes(),
        format!("{hello}{hello}").into_bytes(),
        br#"{"method":"org.varlink.service.GetInfo","method":"org.varlink.service.GetInfo"}"#
            .to_vec(),
    ];
    let interface = "io.github.vm-autoscale.Helper";
    for name in [
        "Exec",
        "SetArgs",
        "setvcpus",
        "SETVCPUS",
        "SetVcpus ",
        "Set Vcpus",
        "",
        ".",
        "ReadResources",
    ] {
        all.push(own(&format!("{interface}.{name}")));
    }
    for name in [
        "SetVcpus",
        "Hello",
        "io.github.vm-autoscale",
        "org.varlink.service",
        "org.varlink.service.Exec",
    ] {
        all.push(own(name));
    }
    all.into_iter().map(|bytes| [&bytes[..], b"\0"].concat()).collect()
}

#[test]
fn what_is_no_request_ends_its_connection_and_no_other() {
    let _turn = turn();
    let mut site = Site::set(two_clusters());
    for bytes in never_requests() {
        let mut asker = Asker::new(&site.stage);
        asker.write(&bytes).unwrap();
        assert_eq!(asker.answer(), Answer::HungUp, "{}", String::from_utf8_lossy(&bytes));
        site.answers();
    }
    // As long as may be, and one byte longer.
    let request = call("ReadNodes", &json!({})).to_string();
    for (length, heard) in [(MOST, true), (MOST + 1, false)] {
        let answer = Asker::new(&site.stage).ask(&format!("{request:<length$}"));
        assert_eq!(matches!(answer, Answer::Done(_)), heard, "{length}: {answer:?}");
        assert_eq!(answer == Answer::HungUp, !heard, "{length}");
    }
    let stats = site.stage.node_stats().unwrap();
    assert_eq!((stats.connections, stats.execs), (0, 0));
    site.stage.strike().unwrap();
}

/// Half a request in one piece, the rest never; the same with another byte every second; and half
/// a one behind a whole one.
#[test]
fn what_does_not_end_in_time_is_not_waited_for() {
    let _turn = turn();
    let mut site = Site::set(two_clusters());
    let whole = call("ReadNodes", &json!({})).to_string() + "\0";
    let mut askers: Vec<Asker> = (0..5).map(|_| Asker::new(&site.stage)).collect();
    for (asker, bytes) in askers.iter_mut().zip(["{", &whole[..whole.len() - 1], "x", "{", "{"]) {
        asker.write(bytes.as_bytes()).unwrap();
    }
    let mut behind = Asker::new(&site.stage);
    behind.write(format!("{whole}{{").as_bytes()).unwrap();
    assert!(behind.reply().is_some());
    // It has said nothing, and is let be.
    let mut silent = Asker::new(&site.stage);
    let begun = Instant::now();
    // Whoever writes on is not waited for any longer than who does not.
    while begun.elapsed() < DEADLINE
        && askers.iter_mut().skip(3).any(|asker| asker.write(b" ").is_ok())
    {
        site.answers();
        pause(Duration::from_secs(1));
    }
    assert!(begun.elapsed() > Duration::from_secs(3), "cut off early: {:?}", begun.elapsed());
    assert!(begun.elapsed() < DEADLINE, "a byte a second keeps the place");
    askers.push(behind);
    for asker in &mut askers {
        assert_eq!(asker.answer(), Answer::HungUp);
        assert!(begun.elapsed() < DEADLINE, "{:?}", begun.elapsed());
    }
    assert!(matches!(silent.ask(whole.trim_end_matches('\0')), Answer::Done(_)));
    site.stage.strike().unwrap();
}

/// Whoever breaks the rules thousands of times does not fill the log.
#[test]
fn violations_are_logged_at_most_once_a_minute() {
    let _turn = turn();
    let mut site = Site::set(two_clusters());
    let begun = Instant::now();
    for _ in 0..1000 {
        let mut asker = Asker::new(&site.stage);
        asker.write(b"{}\0").unwrap();
        assert_eq!(asker.answer(), Answer::HungUp);
    }
    assert!(begun.elapsed() < Duration::from_secs(60));
    site.answers();
    let said = site.stage.helper.as_ref().unwrap().said();
    let told = said.lines().filter(|line| line.contains("violation")).count();
    assert!((1..=2).contains(&told), "{told} lines");
    site.stage.strike().unwrap();
}
