#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{ErrorKind, Read as _, Write as _};

use super::*;

const SOON: Duration = Duration::from_millis(100);

/// Sends back what comes, to everyone.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            std::thread::spawn(move || io::copy(&mut (&stream), &mut (&stream)));
        }
    });
    address
}

struct Client(TcpStream);

impl Client {
    fn new(proxy: &FaultProxy) -> Self {
        let stream = TcpStream::connect(proxy.address()).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        Self(stream)
    }

    /// What comes back of these bytes, until nothing comes or all is over.
    fn say(&mut self, text: &str) -> Result<String, ErrorKind> {
        self.0.write_all(text.as_bytes()).map_err(|error| error.kind())?;
        self.hear()
    }

    fn hear(&mut self) -> Result<String, ErrorKind> {
        let (mut heard, mut bytes) = (String::new(), [0; 1024]);
        loop {
            match self.0.read(&mut bytes) {
                Ok(0) => return Ok(heard + "."),
                Ok(count) => heard += &String::from_utf8_lossy(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(heard),
                Err(error) => return Err(error.kind()),
            }
        }
    }
}

#[test]
fn each_fault_is_what_it_says() {
    let proxy = FaultProxy::start(echo(), 1).unwrap();
    let mut client = Client::new(&proxy);
    assert_eq!(client.say("one"), Ok("one".to_owned()));
    for way in [Way::In, Way::Out, Way::Both] {
        proxy.set(Fault::Silent(way));
        assert_eq!(client.say("two"), Ok(String::new()), "{way:?}");
        proxy.set(Fault::None);
        assert_eq!(client.hear(), Ok("two".to_owned()), "{way:?}");
    }
    proxy.set(Fault::Delay(2 * SOON));
    assert_eq!(client.say("late"), Ok(String::new()));
    proxy.set(Fault::None);
    pause(6 * SOON);
    assert_eq!(client.hear(), Ok("late".to_owned()));
    proxy.set(Fault::Cut(Way::Out, 4));
    assert_eq!(client.say("abcdef"), Ok("abcd.".to_owned()));
    assert_eq!(proxy.connections(), 1);

    proxy.set(Fault::None);
    let mut client = Client::new(&proxy);
    assert_eq!(client.say("one"), Ok("one".to_owned()));
    proxy.set(Fault::Reset);
    pause(SOON);
    assert_eq!(client.hear(), Err(ErrorKind::ConnectionReset));
    assert_eq!(proxy.connections(), 2);
}

#[test]
fn a_seed_tells_where_connections_break() {
    let upstream = echo();
    let play = |seed| -> Vec<_> {
        let proxy = FaultProxy::start(upstream, seed).unwrap();
        proxy.set(Fault::Random(50));
        (0..12).map(|_| Client::new(&proxy).say(&"x".repeat(60)).map(|heard| heard.len())).collect()
    };
    let (first, other) = (play(1), play(2));
    assert!(first != other && first.iter().all(|heard| *heard != Ok(60)), "{first:?} {other:?}");
}
