//! Servers on loopback that do what a test wants. The end-to-end tests take this file, too.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// What clients said, one text each: the address that they came to, then all of theirs.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) got: Receiver<String>,
}

impl Server {
    /// The next one, which may take a while.
    pub(crate) fn next(&self) -> String {
        self.got.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    /// All so far.
    pub(crate) fn all(&self) -> Vec<String> {
        self.got.try_iter().collect()
    }
}

/// A connection, in the clear or not.
pub(crate) trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

/// Makes a connection one with TLS.
pub(crate) type Secure = Arc<dyn Fn(TcpStream) -> Box<dyn Wire> + Send + Sync>;

/// Serves one connection after the other for as long as the test runs.
pub(crate) fn serve(
    address: &str,
    each: impl Fn(TcpStream, &Sender<String>) + Send + 'static,
) -> Server {
    let listener = TcpListener::bind(address).unwrap();
    let (address, (say, got)) = (listener.local_addr().unwrap(), channel());
    std::thread::spawn(move || listener.incoming().flatten().for_each(|one| each(one, &say)));
    Server { address, got }
}

/// Answers each request with this.
pub(crate) fn http(answer: &'static str) -> Server {
    serve("127.0.0.1:0", move |stream, say| answer_one(stream, answer, say))
}

/// Reads one request and answers it.
pub(crate) fn answer_one(mut stream: impl Wire, answer: &str, say: &Sender<String>) {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        let Some(line) = line(&mut stream) else { return };
        text += &line;
    }
    let length = text.to_lowercase();
    let length = length.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    say.send(text + &String::from_utf8(body).unwrap()).unwrap();
    let _ = stream.write_all(answer.as_bytes());
}

/// A mail server; with `secure` it offers STARTTLS.
pub(crate) fn smtp(address: &str, secure: Option<Secure>) -> Server {
    serve(address, move |mut stream, say| {
        let mut said = format!("at {}\r\n", stream.local_addr().unwrap());
        stream.write_all(b"220 here\r\n").unwrap();
        if talk(&mut stream, secure.is_some(), &mut said, say) == Some(true) {
            let mut stream = secure.as_ref().unwrap()(stream);
            said += "(TLS)\r\n";
            let _ = talk(&mut stream, false, &mut said, say);
        }
    })
}

/// One with TLS from the first byte.
pub(crate) fn smtps(secure: Secure) -> Server {
    serve("127.0.0.1:0", move |stream, say| {
        let mut stream = secure(stream);
        let mut said = "(TLS)\r\n".to_owned();
        let _ = stream.write_all(b"220 here\r\n");
        let _ = talk(&mut stream, false, &mut said, say);
    })
}

/// To its end; whether that is a STARTTLS, and nothing when the client went away. What was said is
/// told before the client has its last answer.
fn talk(
    stream: &mut impl Wire,
    starttls: bool,
    said: &mut String,
    say: &Sender<String>,
) -> Option<bool> {
    loop {
        let line = line(stream);
        *said += line.as_deref().unwrap_or_default();
        if line.as_deref().is_none_or(|line| line.trim() == "QUIT") {
            let _ = say.send(said.clone());
        }
        let line = line?;
        let more = if starttls { "250-STARTTLS\r\n" } else { "" };
        let answer = match line.split_whitespace().next()? {
            "EHLO" => format!("250-here\r\n{more}250 AUTH PLAIN LOGIN\r\n"),
            "STARTTLS" => "220 go\r\n".to_owned(),
            "AUTH" => "235 yes\r\n".to_owned(),
            "DATA" => "354 go\r\n".to_owned(),
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => "250 ok\r\n".to_owned(),
        };
        stream.write_all(answer.as_bytes()).ok()?;
        match line.trim() {
            "STARTTLS" => return Some(true),
            "QUIT" => return Some(false),
            "DATA" => {
                while !said.ends_with("\r\n.\r\n") {
                    *said += &self::line(stream)?;
                }
                stream.write_all(b"250 taken\r\n").ok()?;
            }
            _ => {}
        }
    }
}

/// Byte by byte: what comes after a STARTTLS is not ours to read.
pub(crate) fn line(stream: &mut impl Read) -> Option<String> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while !line.ends_with(b"\n") {
        stream.read_exact(&mut byte).ok()?;
        line.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&line).into_owned())
}
