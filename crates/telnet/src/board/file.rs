//! A board that outlasts its lab: a file with one post in JSON a line, which only grows.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::spawn_blocking;

use super::{Board, MemoryBoard, Post, Posting};

/// A board whose posts are in a file.
#[derive(Debug)]
pub struct FileBoard {
    shown: MemoryBoard,
    file: Arc<Mutex<File>>,
}

impl FileBoard {
    /// Opens the board at `path`, or begins one.
    ///
    /// # Errors
    /// As the file system says; [`io::ErrorKind::InvalidData`] with the number of a line that is no post.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let shown = MemoryBoard::default();
        for (number, line) in (1..).zip(BufReader::new(&file).lines()) {
            let wrong = |error| {
                let why = format!("line {number} of {} is no post: {error}", path.display());
                io::Error::new(io::ErrorKind::InvalidData, why)
            };
            shown.add(serde_json::from_str(&line?).map_err(wrong)?);
        }
        Ok(Self { shown, file: Arc::new(Mutex::new(file)) })
    }
}

impl Board for FileBoard {
    fn newest(&self, most: usize) -> Vec<(u64, Post)> {
        self.shown.newest(most)
    }

    fn read(&self, number: u64) -> Option<Post> {
        self.shown.read(number)
    }

    fn post(&self, post: Post) -> Posting<'_> {
        Box::pin(async move {
            let mut line = serde_json::to_string(&post)?;
            line.push('\n');
            let file = Arc::clone(&self.file);
            spawn_blocking(move || append(&file, &line)).await.map_err(io::Error::other)??;
            Ok(self.shown.add(post))
        })
    }
}

fn append(file: &Mutex<File>, line: &str) -> io::Result<()> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.write_all(line.as_bytes())?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use toynet_machine::Time;

    use super::*;

    #[test]
    fn posts_are_there_again_when_the_board_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("board.jsonl");
        let post = Post { from: "alice".into(), time: Time::from_secs(7), subject: "Hi".into(), text: "a\nb\n".into() };
        let runtime = toynet_net::worker::runtime().unwrap();
        let number = runtime.block_on(async { FileBoard::open(&path).unwrap().post(post.clone()).await.unwrap() });
        assert_eq!(number, 1);
        assert_eq!(FileBoard::open(&path).unwrap().read(1), Some(post));
    }

    #[test]
    fn a_file_that_is_no_board_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "not a post\n").unwrap();
        assert_eq!(FileBoard::open(&path).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a post\n");
    }
}
