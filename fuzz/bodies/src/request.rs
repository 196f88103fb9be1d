//! From the bytes on the helper's socket to a command on a node.

use std::collections::HashSet;

use vm_autoscale_protocol::{Frames, MAX_REQUEST, Request, encode};
use vm_autoscale_proxmox::{ConfigFiles, NodeCommand};

/// The first byte says how large the pieces are in which the rest arrives.
///
/// # Panics
/// Messages are cut otherwise than at each NUL, a request does not survive being sent again, or
/// its command is another one than asked.
pub fn request(data: &[u8]) {
    let Some((&size, stream)) = data.split_first() else { return };
    let (frames, too_long) = read(stream, usize::from(size).max(1));
    let pieces = || stream.split(|&byte| byte == 0);
    assert_eq!(too_long, pieces().any(|piece| piece.len() > MAX_REQUEST));
    // What comes behind the last NUL has not ended.
    let ended = pieces().count() - 1;
    let expected: Vec<&[u8]> =
        pieces().take(ended).take_while(|piece| piece.len() <= MAX_REQUEST).collect();
    assert_eq!(frames, expected);
    for frame in &frames {
        decoded(frame);
    }
}

/// As the helper's server reads: what is whole is taken before more is read.
fn read(stream: &[u8], size: usize) -> (Vec<Vec<u8>>, bool) {
    let (mut frames, mut found) = (Frames::new(MAX_REQUEST), Vec::new());
    for piece in stream.chunks(size) {
        frames.feed(piece);
        loop {
            match frames.next_frame() {
                Ok(Some(frame)) => found.push(frame),
                Ok(None) => break,
                Err(_) => return (found, true),
            }
        }
    }
    assert_eq!(frames.is_partial(), stream.last().is_some_and(|&byte| byte != 0));
    (found, false)
}

fn decoded(frame: &[u8]) {
    let (request, more) = match Request::decode(frame) {
        Ok(decoded) => decoded,
        Err(violation) => return one_short_line(&violation.to_string()),
    };
    let call = request.to_call().ok();
    let again = call.as_ref().and_then(|call| encode(call).ok()).unwrap_or_default();
    let (nul, again) = again.split_last().unwrap_or((&1, &[]));
    assert!(*nul == 0 && !again.contains(&0));
    let streams = matches!(request, Request::ReadCluster { .. } | Request::ReadConfigs { .. });
    assert!(more || !streams, "an answer in pieces to who did not ask for it: {request:?}");
    assert_eq!(Request::decode(again), Ok((request.clone(), streams)));
    command(&request);
}

fn command(request: &Request) {
    let command = match request.command() {
        Ok(Some(command)) => command,
        Ok(None) => return assert_eq!(request.target(), None),
        Err(violation) => {
            one_short_line(&violation.to_string());
            let is_one = match request {
                Request::ReadConfigs { vmids, .. } => {
                    let different: HashSet<_> = vmids.iter().collect();
                    (1..=ConfigFiles::MAX).contains(&vmids.len()) && different.len() == vmids.len()
                }
                _ => true,
            };
            return assert!(!is_one, "{request:?}");
        }
    };
    assert_eq!(command.is_change(), request.target().is_some());
    if let Some(target) = request.target() {
        let (argv, digest) = (command.argv(), target.digest.to_string());
        assert_eq!(argv.get(2).map(AsRef::as_ref), Some(target.vmid.to_string().as_str()));
        assert_eq!(argv.last().map(AsRef::as_ref), Some(digest.as_str()));
    }
    assert_eq!(NodeCommand::parse(&command.line()), Ok(command));
}

/// It goes into a log.
fn one_short_line(text: &str) {
    assert!(text.chars().count() <= 300 && !text.chars().any(char::is_control), "{text:?}");
}
