//! The machine's clock: the one place where the present moment is asked for.

use std::sync::Arc;

use crate::fleet::Timestamp;
use crate::fleet::time::Clock;

/// Tells the machine's time.
pub fn system() -> Clock {
    Arc::new(|| Timestamp::from_seconds(now().as_second()))
}

/// The present moment by the machine's clock.
#[expect(clippy::disallowed_methods, reason = "the composition root is where real time comes from")]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
