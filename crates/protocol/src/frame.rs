//! Messages out of a stream of bytes: each ends with a NUL, none is longer than a limit.

use std::ffi::CStr;

use serde::Serialize;

/// Collects bytes until messages are whole. Never holds more than one message's limit and one
/// feed.
#[derive(Debug)]
pub struct Frames {
    buffer: Vec<u8>,
    /// Up to here there is no NUL.
    scanned: usize,
    max: usize,
}

/// A message without an end within the limit. The connection is of no more use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message is longer than {0} bytes")]
pub struct FrameTooLong(usize);

impl Frames {
    /// For messages of at most `max` bytes, the NUL not counted.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { buffer: Vec::new(), scanned: 0, max }
    }

    /// Takes what was read.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message without its NUL; `None` when more bytes are needed.
    ///
    /// # Errors
    /// The message is too long, ended or not.
    pub fn next_frame(&mut self) -> Result<Option<Vec<u8>>, FrameTooLong> {
        let unseen = self.buffer.get(self.scanned..).unwrap_or_default();
        // Looks at a word at a time, where going over the bytes would look at each.
        let end = CStr::from_bytes_until_nul(unseen).ok();
        let end = end.map(|text| self.scanned + text.count_bytes());
        if end.unwrap_or(self.buffer.len()) > self.max {
            return Err(FrameTooLong(self.max));
        }
        let Some(end) = end else {
            self.scanned = self.buffer.len();
            return Ok(None);
        };
        self.scanned = 0;
        let rest = self.buffer.split_off(end + 1);
        let mut frame = std::mem::replace(&mut self.buffer, rest);
        frame.pop();
        Ok(Some(frame))
    }

    /// Whether a message has begun and not ended.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.buffer.is_empty()
    }
}

/// A message as it goes over the socket, its NUL included.
///
/// # Errors
/// A value that JSON cannot hold (a number that is not finite, a map whose keys are no strings).
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec(message)?;
    bytes.push(0);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_limit_holds_for_ended_and_endless_messages() {
        let mut frames = Frames::new(4);
        frames.feed(b"1234\0");
        assert_eq!(frames.next_frame(), Ok(Some(b"1234".to_vec())));
        frames.feed(b"12345\0");
        assert_eq!(frames.next_frame(), Err(FrameTooLong(4)));

        let mut frames = Frames::new(4);
        frames.feed(b"1234");
        assert_eq!(frames.next_frame(), Ok(None));
        frames.feed(b"5");
        assert_eq!(frames.next_frame(), Err(FrameTooLong(4)));
    }

    proptest! {
        #[test]
        fn messages_come_out_as_they_went_in(messages in prop::collection::vec("[^\0]{0,30}", 0..8), cut in 1usize..9) {
            let stream: Vec<u8> = messages.iter().flat_map(|m| [m.as_bytes(), b"\0"].concat()).collect();
            let mut frames = Frames::new(200);
            let mut out = Vec::new();
            for piece in stream.chunks(cut) {
                frames.feed(piece);
                while let Some(frame) = frames.next_frame().unwrap() {
                    out.push(String::from_utf8(frame).unwrap());
                }
            }
            prop_assert_eq!(out, messages);
            prop_assert!(!frames.is_partial());
        }
    }
}
