//! The protobuf encoding: fields one after the other, each with its number and its bytes.

use super::{Error, Fault};

/// A part of a message that was not read yet. It knows where in the answer it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reader<'de> {
    rest: &'de [u8],
    at: usize,
}

/// What a field holds, by its wire type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Payload<'de> {
    /// Numbers and booleans.
    Varint(u64),
    /// Texts, messages, entries of maps.
    Bytes(Reader<'de>),
    /// Numbers of four or eight bytes: no field that is read is one.
    Fixed,
}

impl<'de> Reader<'de> {
    pub(super) fn new(bytes: &'de [u8], at: usize) -> Self {
        Self { rest: bytes, at }
    }

    /// How many bytes of the answer are before it.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'de [u8] {
        self.rest
    }

    /// The next field; `None` at the end of the message.
    pub(super) fn next(&mut self) -> Result<Option<(u32, Payload<'de>)>, Error> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let began = self.at;
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| *number > 0);
        let number = number.ok_or(Error::new(Fault::Tag, began))?;
        let payload = match tag & 7 {
            0 => Payload::Varint(self.varint()?),
            1 => self.take(8).map(|_| Payload::Fixed)?,
            2 => {
                let length = self.varint()?;
                let length = usize::try_from(length).map_err(|_| Error::new(Fault::Length, began))?;
                Payload::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Payload::Fixed)?,
            // Groups: nobody has written one since 2008, and only they could be nested without end.
            _ => return Err(Error::new(Fault::Tag, began)),
        };
        Ok(Some((number, payload)))
    }

    /// What is there of a field that the end of the bytes cuts, when it is this one and holds bytes.
    pub(super) fn cut(mut self, wanted: u32) -> Option<Reader<'de>> {
        let tag = self.varint().ok()?;
        let _length = self.varint().ok()?;
        (tag == u64::from(wanted) << 3 | 2).then_some(self)
    }

    fn take(&mut self, length: usize) -> Result<Reader<'de>, Error> {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else {
            return Err(Error::new(Fault::Length, self.at));
        };
        let reader = Reader { rest: taken, at: self.at };
        self.rest = rest;
        self.at += length;
        Ok(reader)
    }

    fn varint(&mut self) -> Result<u64, Error> {
        let began = self.at;
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let Some((byte, rest)) = self.rest.split_first() else {
                return Err(Error::new(Fault::Length, began));
            };
            self.rest = rest;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Error::new(Fault::Number, began))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &[u8]) -> Result<Vec<String>, Error> {
        let mut reader = Reader::new(bytes, 0);
        let mut found = Vec::new();
        while let Some((number, payload)) = reader.next()? {
            found.push(match payload {
                Payload::Varint(value) => format!("{number}={value}"),
                Payload::Bytes(inner) => format!("{number}:{}@{}", inner.rest().len(), inner.at()),
                Payload::Fixed => format!("{number} fixed"),
            });
        }
        Ok(found)
    }

    #[test]
    fn fields_of_every_wire_type_are_told_apart_and_know_where_they_are() {
        let bytes = [
            0x08, 0x96, 0x01, 0x12, 0x02, b'a', b'b', 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4, 0xa2,
            0x06, 0x00,
        ];
        assert_eq!(fields(&bytes).unwrap(), ["1=150", "2:2@5", "3 fixed", "4 fixed", "100:0@24"]);
    }

    #[test]
    fn a_negative_number_takes_ten_bytes_and_eleven_are_no_number() {
        let mut bytes = vec![0x08];
        bytes.extend([0xff; 9]);
        bytes.push(0x01);
        assert_eq!(fields(&bytes).unwrap(), [format!("1={}", u64::MAX)]);
        bytes[10] = 0x81;
        bytes.push(0x00);
        assert_eq!(fields(&bytes).unwrap_err().to_string(), "a number without an end at byte 1");
    }

    #[test]
    fn what_is_cut_or_longer_than_the_message_is_an_error_with_its_place() {
        assert_eq!(fields(&[0x12, 0x05, b'a']).unwrap_err().to_string(), "it ends in the middle, at byte 2");
        assert_eq!(fields(&[0x08]).unwrap_err().to_string(), "it ends in the middle, at byte 1");
        assert_eq!(fields(&[0x19, 1]).unwrap_err().to_string(), "it ends in the middle, at byte 1");
        let endless = [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert!(fields(&endless).is_err());
    }

    #[test]
    fn groups_and_the_field_zero_are_no_fields() {
        for bytes in [[0x0b, 0x0c], [0x0c, 0x00], [0x00, 0x00], [0x07, 0x00]] {
            assert!(fields(&bytes).unwrap_err().to_string().starts_with("no field"), "{bytes:?}");
        }
    }
}
