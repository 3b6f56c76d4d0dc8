//! The colours of a terminal (ECMA-48 section 8.3.117), when they are wanted.

/// Whether to colour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(pub bool);

/// What a colour says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Colour {
    /// There, and not in the way: faint.
    Aside,
    /// What is spoken: cyan.
    Protocol,
    /// Worth a look: yellow.
    Notice,
    /// It failed: red.
    Failure,
}

impl Paint {
    /// Appends `text`, which must be clean.
    pub fn add(self, colour: Option<Colour>, text: &str, out: &mut String) {
        match colour.filter(|_| self.0 && !text.is_empty()) {
            Some(colour) => {
                out.push_str(colour.code());
                out.push_str(text);
                out.push_str(PLAIN);
            }
            None => out.push_str(text),
        }
    }
}

impl Colour {
    pub fn code(self) -> &'static str {
        match self {
            Colour::Aside => "\x1b[2m",
            Colour::Protocol => "\x1b[36m",
            Colour::Notice => "\x1b[33m",
            Colour::Failure => "\x1b[31m",
        }
    }
}

const PLAIN: &str = "\x1b[0m";
