//! Says to a socket what comes on standard input and prints what comes back up to a NUL, as whoever
//! it runs as.
//!
//! `speak SOCKET`. Exits 3 where nobody lets it connect.

use std::io::{self, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

fn main() -> ExitCode {
    let socket = std::env::args_os().nth(1).unwrap_or_default();
    match UnixStream::connect(socket) {
        Ok(stream) => speak(stream).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS),
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(3)
        }
    }
}

fn speak(mut stream: UnixStream) -> io::Result<()> {
    let (mut said, mut heard) = (Vec::new(), Vec::new());
    io::stdin().read_to_end(&mut said)?;
    // Whoever hangs up takes none of it, and that is an answer, too.
    let _ = stream.write_all(&said);
    for byte in BufReader::new(stream).bytes() {
        match byte {
            Ok(byte) if byte != 0 => heard.push(byte),
            _ => break,
        }
    }
    io::stdout().write_all(&heard)
}
