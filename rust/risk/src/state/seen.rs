//! Since when an entity is known, and how long it was quiet.

use crate::moment::Moment;
use crate::parameter::{Declaring, Window};

/// When an entity was first seen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen(Moment);

impl Seen {
    pub(crate) fn declare(declaring: &mut Declaring) {
        declaring
            .one(
                "age",
                Window::Always,
                "seconds",
                "0",
                "time since it was first seen",
                "whoever prepares it long before",
            )
            .one("quiet", Window::Always, "seconds", "0", "time since it was last seen", "whoever keeps it busy");
    }

    /// Age and quiet before this moment; then it is seen.
    pub(crate) fn step(&mut self, before: Moment, now: Moment) -> [f32; 2] {
        let told = [now.seconds_since(self.0), now.seconds_since(before)];
        if !self.0.came() {
            self.0 = now;
        }
        told
    }
}
