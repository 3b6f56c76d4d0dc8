//! What goes on where HTTP has ended.

use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};

/// Octets both ways, under whatever protocol was agreed.
pub type Tunnel = Pin<Box<dyn Duplex>>;

/// What can be read and written.
pub trait Duplex: AsyncRead + AsyncWrite {}

impl<T: AsyncRead + AsyncWrite> Duplex for T {}
