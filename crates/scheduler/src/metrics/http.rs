//! As much of HTTP/1.1 as two pages need that are only read: one question a connection.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest head of a question in bytes, and its most headers.
const HEAD: usize = 8 * 1024;
const HEADERS: usize = 32;

/// Of either kind of socket.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// What is answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Its media type.
    pub(super) kind: &'static str,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn text(status: u16, line: String) -> Self {
        Self { status, kind: "text/plain; charset=utf-8", body: line + "\n" }
    }

    fn head(&self) -> String {
        let reason = match self.status {
            200 => "OK",
            400 => "Bad Request",
            404 => "Not Found",
            405 => "Method Not Allowed",
            431 => "Request Header Fields Too Large",
            503 => "Service Unavailable",
            _ => "Internal Server Error",
        };
        let allow = if self.status == 405 { "Allow: GET, HEAD\r\n" } else { "" };
        format!(
            "HTTP/1.1 {} {reason}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{allow}\
             Cache-Control: no-store\r\nConnection: close\r\n\r\n",
            self.status,
            self.kind,
            self.body.len()
        )
    }
}

/// What is asked for: a path, and whether its content is wanted, too.
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) is_whole: bool,
}

/// Gives the answer, and hangs up.
pub(super) async fn reply(
    mut stream: impl Stream,
    answer: Answer,
    is_whole: bool,
) -> io::Result<()> {
    stream.write_all(answer.head().as_bytes()).await?;
    if is_whole {
        stream.write_all(answer.body.as_bytes()).await?;
    }
    stream.shutdown().await
}

/// Reads one question; where it is none, what is answered to that.
pub(super) async fn hear(stream: &mut impl Stream) -> io::Result<Result<Asked, Answer>> {
    let mut head = Vec::new();
    loop {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(bytes.get(..count).unwrap_or_default());
        if let Some(asked) = parse(&head) {
            return Ok(asked);
        }
        if head.len() > HEAD {
            return Ok(Err(Answer::text(431, "too much is asked".to_owned())));
        }
    }
}

/// Nothing where the head has no end yet.
fn parse(head: &[u8]) -> Option<Result<Asked, Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Partial) => return None,
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => {
            return Some(Err(Answer::text(431, "too many headers".to_owned())));
        }
        Err(_) => return Some(Err(Answer::text(400, "this is no HTTP".to_owned()))),
    }
    let is_whole = match request.method {
        Some("GET") => true,
        Some("HEAD") => false,
        _ => return Some(Err(Answer::text(405, "nothing can be changed here".to_owned()))),
    };
    let path = request.path.unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
    Some(Ok(Asked { path, is_whole }))
}
