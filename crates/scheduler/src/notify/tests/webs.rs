use super::super::http::Http;
use super::mails::certificate;
use super::servers::{Server, answer_one, http, serve};
use super::*;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

fn get(url: &str, roots: &trust::Roots) -> Result<(), Undelivered> {
    Http::new(roots, &here()).get(url)
}

fn post(server: &Server) -> Result<(), Undelivered> {
    let url = format!("http://{}/message", server.address);
    Http::new(&Vec::new(), &here()).post_json(&url, &[("X-Gotify-Key", SECRET)], "{}")
}

#[test]
fn a_redirect_is_not_followed() {
    let end = http(OK);
    let answer = format!(
        "HTTP/1.1 307 Over there\r\nLocation: http://{}/\r\nContent-Length: 0\r\n\r\n",
        end.address
    );
    let server = serve("127.0.0.1:0", move |stream, say| answer_one(stream, &answer, say));
    for result in [post(&server), get(&format!("http://{}/", server.address), &Vec::new())] {
        let error = result.unwrap_err();
        assert!(error.why.contains("redirects are not followed") && !error.again, "{error}");
    }
    assert_eq!((server.all().len(), end.all().len()), (2, 0));
}

#[test]
fn an_answer_decides_by_its_number() {
    for (status, wanted) in [
        (200, None),
        (204, None),
        (401, Some(false)),
        (404, Some(false)),
        (429, Some(true)),
        (503, Some(true)),
    ] {
        let answer = format!("HTTP/1.1 {status} hunter2\r\nContent-Length: 0\r\n\r\n");
        let server = serve("127.0.0.1:0", move |stream, say| answer_one(stream, &answer, say));
        let again = post(&server).err().map(|error| {
            assert_eq!(error.why, format!("the server answered {status}"));
            error.again
        });
        assert_eq!(again, wanted, "{status}");
    }
}

#[test]
fn what_does_not_end_is_not_read_and_what_does_not_come_has_5_s() {
    let body = serve("127.0.0.1:0", |mut stream, say| {
        answer_one(&mut stream, "HTTP/1.1 200 OK\r\n\r\n", say);
        while std::io::Write::write_all(&mut stream, &[b'x'; 4096]).is_ok() {}
    });
    assert_eq!(post(&body), Ok(()));
    let header = serve("127.0.0.1:0", |mut stream, say| {
        answer_one(&mut stream, "HTTP/1.1 200 OK\r\n", say);
        while std::io::Write::write_all(&mut stream, b"X: xxxxxxxxxxxxxxxxxx\r\n").is_ok() {}
    });
    assert!(post(&header).is_err());
    let silent = serve("127.0.0.1:0", |stream, _| std::mem::forget(stream));
    assert_eq!(post(&silent).unwrap_err().why, "no answer within 5 s");
    // Each byte in time, and all of them never.
    let drips = serve("127.0.0.1:0", |mut stream, _| {
        let (_wait, waits) = std::sync::mpsc::channel::<()>();
        while std::io::Write::write_all(&mut stream, b"H").is_ok() {
            let _ = waits.recv_timeout(Duration::from_secs(1));
        }
    });
    assert!(post(&drips).is_err());
}

#[test]
fn tls_is_verified() {
    let (roots, secure) = certificate("localhost");
    let server = serve("127.0.0.1:0", move |stream, say| answer_one(secure(stream), OK, say));
    let url = format!("https://localhost:{}/push/{SECRET}", server.address.port());
    assert_eq!(get(&url, &roots), Ok(()));
    assert!(server.next().starts_with(&format!("GET /push/{SECRET} ")));
    let (other, _) = certificate("localhost");
    for roots in [Vec::new(), other] {
        let error = get(&url, &roots).unwrap_err();
        assert!(error.why.contains("invalid peer certificate"), "{error}");
        assert!(error.why.contains("update-ca-certificates"), "{error}");
        assert!(!error.why.contains(SECRET), "{error}");
    }
    assert_eq!(server.all().len(), 0);
}

/// Judged by the address, also where it stands in the URL itself.
#[test]
fn some_addresses_are_never_connected_to() {
    for host in ["169.254.169.254", "[::ffff:169.254.169.254]", "[fe80::1]", "0.0.0.0"] {
        let error = get(&format!("https://{host}/{SECRET}"), &Vec::new()).unwrap_err();
        assert!(error.why.contains("nothing is sent there"), "{host}: {error}");
    }
    let error = get(&format!("http://192.0.2.1/{SECRET}"), &Vec::new()).unwrap_err();
    assert!(
        error.why.contains("without TLS: nothing is sent there unless `notify_allow`"),
        "{error}"
    );
    // Nobody listens on that port, and without the list nobody asks.
    for url in ["http://127.0.0.1:1/", "https://localhost:1/", "https://192.168.1.1:1/"] {
        let error = Http::new(&Vec::new(), &[]).get(url).unwrap_err();
        assert!(error.why.contains("unless `notify_allow` in config.yaml names it"), "{error}");
    }
    for url in ["hunter2", "http://hunter2 /", "gopher://hunter2/", "http://[::1]:1/hunter2"] {
        let error = get(url, &Vec::new()).unwrap_err();
        assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
    }
}

/// Neither who tells nor the end waits for a server that hangs: with its deadline over, the next
/// message would have come to it.
#[test]
fn a_server_that_hangs_holds_nobody_up() {
    let server = serve("127.0.0.1:0", |stream, say| {
        say.send(String::new()).unwrap();
        std::mem::forget(stream);
    });
    let yaml = format!(
        "gotify: {{enabled: true, server_url: 'http://{}', app_token: t}}\nnotification_dedup_seconds: 0\n\
         notify_allow: ['127.0.0.1']\n",
        server.address
    );
    let notifier = notifier(&config(&yaml), &Vec::new());
    let (intent, settled) = vcpus(101, 2, 3, Outcome::Applied);
    (0..10_000).for_each(|_| notifier.change(&intent, &settled));
    notifier.stop();
    assert_eq!(server.all().len(), 1);
}
