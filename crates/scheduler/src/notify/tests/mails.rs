use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use vm_autoscale_config::Alerts;

use super::super::channel::Deliver as _;
use super::super::mail::Mail;
use super::servers::{Secure, Server, line, serve, smtp, smtps};
use super::*;

/// A certificate that nobody vouches for, and a server that shows it.
pub(super) fn certificate(name: &str) -> (trust::Roots, Secure) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let root = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.unwrap().with_no_client_auth().with_single_cert(vec![root.clone()], key);
    let config = Arc::new(config.unwrap());
    let secure = move |stream: TcpStream| -> Box<dyn super::servers::Wire> {
        Box::new(StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream))
    };
    (vec![root], Arc::new(secure))
}

fn alerts(server: &Server) -> Alerts {
    Alerts {
        email_enabled: true,
        email_recipient: Some("a@example.com".to_owned()),
        smtp_server: Some("localhost".to_owned()),
        smtp_port: server.address.port(),
        smtp_user: Some("me".to_owned()),
        smtp_password: Some(SECRET.to_owned().into()),
    }
}

fn mail(server: &Server, roots: &trust::Roots) -> Mail {
    mail_of(alerts(server), roots)
}

fn mail_of(alerts: Alerts, roots: &trust::Roots) -> Mail {
    let config = SchedulerConfig { alerts, notify_allow: here(), ..SchedulerConfig::default() };
    Mail::of(&config, roots).unwrap().unwrap()
}

/// What the configuration takes can be used, however odd; what it refuses is never used.
#[test]
fn what_validates_can_be_used() {
    let check = |recipient: &str, server: &str| {
        let alerts = Alerts {
            email_enabled: true,
            email_recipient: Some(recipient.to_owned()),
            smtp_server: Some(server.to_owned()),
            ..Alerts::default()
        };
        let yaml = serde_json::json!({ "alerts": alerts, "notify_allow": here() }).to_string();
        let file = Path::new("config.yaml");
        let checked = Checked::<SchedulerConfig>::new(file, yaml.as_bytes()).finish();
        let config = SchedulerConfig { alerts, ..SchedulerConfig::default() };
        (checked.is_ok(), Mail::of(&config, &Vec::new()).is_ok())
    };
    let good =
        ["a@b.de, Dr. J. O'Neil (ops) <c+d@localhost>", "Jörg: ;@ <!#$%&'*/=?^_`{|}~-@x-1.y>"];
    for recipient in good {
        assert_eq!(check(recipient, "localhost"), (true, true), "{recipient}");
    }
    for server in
        ["::1", "[::1]", "127.0.0.1", "mail", "xn--exmple-cua.de", "1.a", "mail-1.EXAMPLE.com"]
    {
        assert_eq!(check("a@b.de", server), (true, true), "{server}");
    }
    for recipient in ["joe@[127.0.0.1]", "\"Joe\" <a@b.de>", "a@b.de, <", ".a@b.de", "a@exämple.de"]
    {
        assert_eq!(check(recipient, "localhost"), (false, false), "{recipient}");
    }
    let odd = [
        "mail.exämple.de",
        "127.1",
        "-x.de",
        "0x7f.0.0.1",
        "[127.0.0.1]",
        "a b",
        "a:25",
        "x.1",
        "fe80::1%2",
    ];
    for server in odd {
        assert!(!check("a@b.de", server).0, "{server}");
    }
}

/// The rest goes on without it.
#[test]
fn a_mail_that_cannot_be_set_up_stops_nothing() {
    let web = super::servers::http("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let gotify = format!(
        "gotify: {{enabled: true, server_url: 'http://{}', app_token: x}}\nnotify_allow: ['127.0.0.1']",
        web.address
    );
    let mut config = config(&gotify);
    let server = Some("-x.de".to_owned());
    config.alerts = Alerts { smtp_server: server, ..alerts(&web) };
    let why = Mail::of(&config, &Vec::new()).err().unwrap().to_string();
    assert!(why.contains("`alerts.smtp_server`") && why.contains("--validate-only"), "{why}");
    let notifier = notifier(&config, &Vec::new());
    let (intent, settled) = vcpus(101, 2, 3, Outcome::Applied);
    notifier.change(&intent, &settled);
    assert!(web.next().starts_with("POST /message "));
}

/// The mail's own date is that of what it tells, however late it is delivered.
#[test]
fn the_date_is_that_of_the_event() {
    let (server, mut message) = (smtp("127.0.0.1:0", None), message(101));
    message.at = std::time::UNIX_EPOCH + Duration::from_secs(86_399);
    mail(&server, &Vec::new()).deliver(&message, 0).unwrap();
    let said = server.next();
    assert_eq!(said.matches("Date: Thu, 01 Jan 1970 23:59:59 +0000\r\n").count(), 1, "{said}");
}

/// As both old programs had it, whose servers may take nothing else.
#[test]
fn the_sender_is_the_login_where_that_is_an_address() {
    for (user, from) in [
        ("me@example.com", "me@example.com"),
        ("me", "vm-autoscale@"),
        ("a, b@c.de", "vm-autoscale@"),
    ] {
        let server = smtp("127.0.0.1:0", None);
        let alerts = Alerts { smtp_user: Some(user.to_owned()), ..alerts(&server) };
        let mut mail = mail_of(alerts, &Vec::new());
        mail.deliver(&message(101), 0).unwrap();
        let said = server.next();
        assert!(said.contains(&format!("MAIL FROM:<{from}")), "{said}");
        assert!(said.contains(&format!("From: {from}")), "{said}");
    }
}

#[test]
fn starttls_is_taken_where_it_is_offered_and_its_certificate_verified() {
    let (roots, secure) = certificate("localhost");
    let server = smtp("127.0.0.1:0", Some(secure));
    mail(&server, &roots).deliver(&message(101), 0).unwrap();
    let said = server.next();
    let (clear, hidden) = said.split_once("(TLS)").unwrap();
    assert!(!clear.contains("AUTH") && !clear.contains("MAIL"), "{clear}");
    assert!(
        hidden.contains("AUTH PLAIN") && hidden.contains("Subject: [vm-autoscale]"),
        "{hidden}"
    );
}

#[test]
fn a_certificate_that_nobody_vouches_for_or_of_another_name_is_refused() {
    let ((roots, secure), (other, misnamed)) =
        (certificate("localhost"), certificate("example.com"));
    for (trusted, secure) in [(Vec::new(), &secure), (other.clone(), &secure), (other, &misnamed)] {
        let server = smtp("127.0.0.1:0", Some(secure.clone()));
        let why = mail(&server, &trusted).deliver(&message(101), 0).unwrap_err();
        assert!(why.why.contains("invalid peer certificate"), "{why}");
        let said = server.next();
        assert!(!said.contains("AUTH") && !said.contains("Subject"), "{said}");
    }
    // From the first byte, too.
    for (trusted, good) in [(roots, true), (Vec::new(), false)] {
        let server = smtps(secure.clone());
        let mut mail = mail(&server, &trusted);
        mail.route.implicit = true;
        assert_eq!(mail.deliver(&message(101), 0).is_ok(), good);
        assert_eq!(server.next().contains("AUTH PLAIN"), good);
    }
}

/// Debian's Postfix offers STARTTLS with a certificate of its own.
#[test]
fn without_a_login_the_local_server_needs_no_certificate() {
    let server = smtp("127.0.0.1:0", Some(certificate("localhost").1));
    let alerts = Alerts { smtp_user: None, smtp_password: None, ..alerts(&server) };
    let mut mail = mail_of(alerts, &Vec::new());
    mail.deliver(&message(101), 0).unwrap();
    let said = server.next();
    assert!(said.contains("Subject: ") && !said.contains("STARTTLS"), "{said}");
    // On another machine it does.
    mail.route.at_home = |_| false;
    let why = mail.deliver(&message(101), 0).unwrap_err();
    assert!(why.why.contains("invalid peer certificate"), "{why}");
}

/// Someone between answers our EHLO under TLS before it is sent.
#[test]
fn what_is_added_in_the_clear_behind_starttls_is_not_taken_for_the_servers() {
    let (roots, secure) = certificate("localhost");
    let server = serve("127.0.0.1:0", move |mut stream, say| {
        let answers = ["220 hi\r\n250 STARTTLS\r\n", "", "220 go\r\n250 AUTH PLAIN\r\n"];
        for answer in answers {
            std::io::Write::write_all(&mut stream, answer.as_bytes()).unwrap();
            if !answer.starts_with("220 go") {
                line(&mut stream).unwrap();
            }
        }
        let _ = say.send(line(&mut secure(stream)).unwrap_or_default());
    });
    let error = mail(&server, &roots).deliver(&message(101), 0).unwrap_err();
    assert!(error.why.starts_with("TLS: "), "{error}");
    assert_eq!(server.next(), "");
}

/// On loopback there is nobody between; `at_home` is what says so.
#[test]
fn without_starttls_nothing_is_sent_to_another_machine() {
    let server = smtp("127.0.0.1:0", None);
    let mut mail = mail(&server, &Vec::new());
    mail.deliver(&message(101), 0).unwrap();
    assert!(server.next().contains("AUTH PLAIN"));
    mail.route.at_home = |_| false;
    let why = mail.deliver(&message(101), 0).unwrap_err().why;
    assert!(why.contains("does not offer STARTTLS"), "{why}");
    let said = server.next();
    assert!(!said.contains("AUTH") && !said.contains("Subject"), "{said}");
}

/// Also where the server throws the login back at us.
#[test]
fn no_error_has_the_login_or_the_servers_words_in_it() {
    let answers = [
        "535 no: AG1lAGh1bnRlcjI= hunter2\r\n",
        "450 hunter2\r\n",
        "hunter2\r\n",
        "220 hunter2\r\n250-hunter2\r\n",
        "220 hi\r\n250 AUTH PLAIN\r\n535 hunter2\r\n",
    ];
    for answer in answers {
        let server = serve("127.0.0.1:0", move |mut stream, _| {
            let _ = std::io::Write::write_all(&mut stream, answer.as_bytes());
        });
        let error = mail(&server, &Vec::new()).deliver(&message(101), 0).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        assert!(!format!("{error}").contains("AG1l"), "{error}");
    }
}

#[test]
fn an_endless_answer_ends_and_a_silent_server_has_5_s() {
    let endless = serve("127.0.0.1:0", |mut stream, _| {
        while std::io::Write::write_all(&mut stream, &[b'x'; 4096]).is_ok() {}
    });
    assert!(mail(&endless, &Vec::new()).deliver(&message(101), 0).is_err());
    for implicit in [false, true] {
        let silent = serve("127.0.0.1:0", |stream, _| std::mem::forget(stream));
        let mut mail = mail(&silent, &Vec::new());
        mail.route.implicit = implicit;
        let why = mail.deliver(&message(101), 0).unwrap_err().why;
        assert_eq!(why, "no answer within 5 s");
    }
}
