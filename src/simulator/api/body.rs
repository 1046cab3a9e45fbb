//! Bodies of answers: whole, streaming, or broken on purpose.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::stream::{Stream, StreamExt};
use http_body::{Frame, SizeHint};

/// The body of an answer.
pub struct Body(Inner);

enum Inner {
    Whole(Option<Bytes>),
    /// The first half of a body, then a broken connection.
    Cut(Option<Bytes>, usize),
    Streaming(Pin<Box<dyn Stream<Item = Bytes> + Send>>),
}

/// The connection broke while a body was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection reset by peer")
    }
}

impl std::error::Error for Interrupted {}

impl Body {
    /// A body that is known at once.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Self(Inner::Whole(Some(bytes.into())))
    }

    /// A body that comes piece by piece.
    pub(super) fn streaming(pieces: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        Self(Inner::Streaming(pieces.boxed()))
    }

    /// The same body, broken in the middle.
    pub(crate) fn cut(self) -> Self {
        match self.0 {
            Inner::Whole(bytes) => {
                let bytes = bytes.unwrap_or_default();
                let announced = bytes.len();
                Self(Inner::Cut(Some(bytes.slice(..announced / 2)), announced))
            }
            other => Self(other),
        }
    }

    /// The bytes of a body that is known at once.
    pub(super) fn bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Inner::Whole(bytes) => bytes.as_ref(),
            _ => None,
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Interrupted;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Interrupted>>> {
        match &mut self.0 {
            Inner::Whole(bytes) => Poll::Ready(
                bytes.take().filter(|bytes| !bytes.is_empty()).map(|bytes| Ok(Frame::data(bytes))),
            ),
            Inner::Cut(bytes, _) => Poll::Ready(Some(bytes.take().map(Frame::data).ok_or(Interrupted))),
            Inner::Streaming(pieces) => {
                pieces.poll_next_unpin(context).map(|piece| piece.map(|it| Ok(Frame::data(it))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Inner::Whole(bytes) if bytes.as_ref().is_none_or(Bytes::is_empty))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Inner::Cut(_, announced) => SizeHint::with_exact(*announced as u64),
            Inner::Streaming(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Inner::Whole(_) => "Body::whole",
            Inner::Cut(..) => "Body::cut",
            Inner::Streaming(_) => "Body::streaming",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn a_cut_body_breaks_after_its_first_half() {
        let mut body = Body::whole("0123456789").cut();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "01234");
        assert_eq!(body.frame().await.unwrap().unwrap_err(), Interrupted);
    }
}
