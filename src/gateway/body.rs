//! Bodies of answers: collected with a watchful eye on stalls, inflated where they are decoded.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;

use super::failure::{Failure, Peer};
use super::protobuf;

/// A body that is still on its way.
pub(super) type Body = UnsyncBoxBody<Bytes, tower::BoxError>;

/// What the bytes of an answer are, as its header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON, or whatever else has to be looked at.
    Json,
    /// What [`protobuf`] reads.
    Protobuf,
}

impl Form {
    /// What `Content-Type` says.
    pub(super) fn of(headers: &http::HeaderMap) -> Self {
        let said = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media = said.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
        if media.eq_ignore_ascii_case(protobuf::MEDIA_TYPE) { Self::Protobuf } else { Self::Json }
    }
}

/// The bytes of an answer as they came, with what is needed to read them.
#[derive(Debug)]
pub struct Answer {
    /// As sent.
    pub(super) bytes: Bytes,
    /// Whether they are gzipped.
    pub(super) gzipped: bool,
    /// What they are.
    pub(super) form: Form,
}

impl Answer {
    /// What its plain bytes are.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The plain bytes, in `buffer` if they had to be inflated.
    pub fn plain<'a>(&'a self, buffer: &'a mut Vec<u8>) -> std::io::Result<&'a [u8]> {
        if !self.gzipped {
            return Ok(&self.bytes);
        }
        buffer.clear();
        flate2::bufread::MultiGzDecoder::new(self.bytes.as_ref()).read_to_end(buffer)?;
        Ok(buffer)
    }

    /// At most so many of the first plain bytes, without inflating the rest.
    pub fn beginning(&self, most: usize) -> Vec<u8> {
        if !self.gzipped {
            return self.bytes.get(..most).unwrap_or(&self.bytes).to_vec();
        }
        let mut plain = Vec::new();
        let inflated = flate2::bufread::MultiGzDecoder::new(self.bytes.as_ref());
        // What cannot be inflated will be noticed by whoever wants all of it.
        let (Ok(_) | Err(_)) = inflated.take(most as u64).read_to_end(&mut plain);
        plain
    }

    /// How many plain bytes it says it has. What is gzipped says so at its end; that is a stranger's word.
    pub fn plain_len(&self) -> usize {
        match self.bytes.last_chunk::<4>() {
            Some(told) if self.gzipped => (u32::from_le_bytes(*told) as usize).max(self.bytes.len()),
            _ => self.bytes.len(),
        }
    }
}

/// Collects a body. Fails when nothing comes for `stall`, however long the whole takes.
pub(super) async fn collect(mut body: Body, peer: &Peer, stall: Duration) -> Result<Bytes, Failure> {
    let mut all = BytesMut::new();
    let mut only: Option<Bytes> = None;
    loop {
        match tokio::time::timeout(stall, body.frame()).await {
            Err(_) => return Err(Failure::timed_out(peer, stall)),
            Ok(None) => return Ok(only.unwrap_or_else(|| all.freeze())),
            Ok(Some(Err(error))) => return Err(Failure::cut(peer, error.as_ref())),
            Ok(Some(Ok(frame))) => {
                let Ok(data) = frame.into_data() else { continue };
                // One frame is the common case of small answers; it is not copied.
                if only.is_none() && all.is_empty() {
                    only = Some(data);
                } else {
                    if let Some(first) = only.take() {
                        all.extend_from_slice(&first);
                    }
                    all.extend_from_slice(&data);
                }
            }
        }
    }
}

/// An answer that goes on: a watch, or a log that is followed. Hands out lines.
#[derive(Debug)]
pub struct Lines {
    body: Body,
    inflate: Option<flate2::write::MultiGzDecoder<Vec<u8>>>,
    pending: Vec<u8>,
    /// Up to here `pending` was already searched for a line end.
    searched: usize,
    longest: usize,
    /// Set while the rest of a line that was cut is skipped.
    skipping: bool,
    peer: Peer,
}

impl Lines {
    /// Lines of at most `longest` bytes; the rest of a longer one is dropped.
    pub(super) fn new(body: Body, gzipped: bool, longest: usize, peer: Peer) -> Self {
        let inflate = gzipped.then(|| flate2::write::MultiGzDecoder::new(Vec::new()));
        Self { body, inflate, pending: Vec::new(), searched: 0, longest, skipping: false, peer }
    }

    /// Waits for more and hands every complete line to `take`. `false` at the end of the answer, after the last line
    /// even when it has no line end. Safe to cancel: nothing that arrived is lost.
    pub async fn more(&mut self, mut take: impl FnMut(&[u8])) -> Result<bool, Failure> {
        match self.body.frame().await {
            None => {
                let rest = std::mem::take(&mut self.pending);
                self.searched = 0;
                if !rest.is_empty() && !self.skipping {
                    take(&rest);
                }
                Ok(false)
            }
            Some(Err(error)) => Err(Failure::cut(&self.peer, error.as_ref())),
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { return Ok(true) };
                match &mut self.inflate {
                    None => self.pending.extend_from_slice(&data),
                    Some(inflate) => {
                        inflate
                            .write_all(&data)
                            .and_then(|()| inflate.flush())
                            .map_err(|error| Failure::cut(&self.peer, &error))?;
                        self.pending.append(inflate.get_mut());
                    }
                }
                self.split(&mut take);
                Ok(true)
            }
        }
    }

    fn split(&mut self, take: &mut impl FnMut(&[u8])) {
        let mut start = 0;
        while let Some(found) = self
            .pending
            .get(self.searched.max(start)..)
            .and_then(|rest| rest.iter().position(|b| *b == b'\n'))
        {
            let end = self.searched.max(start) + found;
            if let Some(line) = self.pending.get(start..end)
                && !std::mem::take(&mut self.skipping)
                && !line.is_empty()
            {
                take(line.get(..self.longest).unwrap_or(line));
            }
            start = end + 1;
            self.searched = start;
        }
        self.pending.drain(..start);
        self.searched = self.pending.len();
        if self.pending.len() > self.longest && !self.skipping {
            take(self.pending.get(..self.longest).unwrap_or(&self.pending));
            self.skipping = true;
        }
        if self.skipping {
            self.pending.clear();
            self.searched = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: Vec<Vec<u8>>, gzipped: bool, longest: usize) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let stream = futures::stream::iter(
            chunks.into_iter().map(|c| Ok::<_, tower::BoxError>(http_body::Frame::data(Bytes::from(c)))),
        );
        let body = http_body_util::StreamBody::new(stream).boxed_unsync();
        let mut lines = Lines::new(body, gzipped, longest, Peer::default());
        let mut seen = Vec::new();
        runtime.block_on(async {
            while lines.more(|line| seen.push(String::from_utf8_lossy(line).into_owned())).await.unwrap() {}
        });
        seen
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_arrive() {
        let text = b"first\nsecond line\n\nthird".to_vec();
        for size in 1..text.len() {
            let chunks = text.chunks(size).map(<[u8]>::to_vec).collect();
            assert_eq!(lines(chunks, false, 100), ["first", "second line", "third"], "chunks of {size}");
        }
    }

    #[test]
    fn the_beginning_of_an_answer_is_read_without_the_rest() {
        let text = "abc".repeat(10_000);
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(text.as_bytes()).unwrap();
        let whole = gz.finish().unwrap();
        let answer = |bytes: &[u8], gzipped| Answer {
            bytes: Bytes::copy_from_slice(bytes),
            gzipped,
            form: Form::Json,
        };
        for answer in [answer(&whole, true), answer(text.as_bytes(), false)] {
            assert_eq!(answer.beginning(7), b"abcabca");
            assert_eq!(answer.beginning(usize::MAX).len(), text.len());
            assert_eq!(answer.plain_len(), text.len());
        }
        let cut = answer(&whole[..whole.len() / 2], true);
        assert!(text.as_bytes().starts_with(&cut.beginning(100)));
        assert_eq!(answer(b"ab", true).plain_len(), 2);
        assert!(answer(b"not gzip", true).beginning(100).is_empty());
    }

    #[test]
    fn the_form_is_what_the_header_says() {
        let of = |text: &'static str| {
            let value = http::HeaderValue::from_static(text);
            Form::of(&[(http::header::CONTENT_TYPE, value)].into_iter().collect())
        };
        assert_eq!(of("application/vnd.kubernetes.protobuf"), Form::Protobuf);
        assert_eq!(of("Application/vnd.kubernetes.protobuf; stream=watch"), Form::Protobuf);
        assert_eq!(of("application/json"), Form::Json);
        assert_eq!(of("application/vnd.kubernetes.protobuf2"), Form::Json);
        assert_eq!(Form::of(&http::HeaderMap::new()), Form::Json);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_the_next_one_is_whole() {
        let text = b"0123456789\nab\n0123456789".to_vec();
        for size in 1..text.len() {
            let chunks = text.chunks(size).map(<[u8]>::to_vec).collect();
            assert_eq!(lines(chunks, false, 4), ["0123", "ab", "0123"], "chunks of {size}");
        }
    }

    #[test]
    fn a_gzipped_stream_of_several_members_is_inflated_as_it_comes() {
        let member = |text: &str| {
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gz.write_all(text.as_bytes()).unwrap();
            gz.finish().unwrap()
        };
        let chunks = vec![member("one\ntwo\n"), member("three\n")];
        assert_eq!(lines(chunks, true, 100), ["one", "two", "three"]);
    }
}
