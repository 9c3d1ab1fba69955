//! Tables of byte values by key, kept up to a size: beyond it the oldest go.

use redb::{
    Database, ReadTransaction, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _,
    TableDefinition, TableError, WriteTransaction,
};

use super::Key;

/// What a value takes on disk beside its bytes: its key twice, its age twice, and their trees. An estimate.
const OVERHEAD: u64 = 96;

/// Three tables.
pub(super) struct Blobs {
    /// The place in `ages`, and the value.
    pub values: TableDefinition<'static, [u8; 16], (u64, &'static [u8])>,
    /// The keys in the order in which they came.
    pub ages: TableDefinition<'static, u64, [u8; 16]>,
    /// One entry: the bytes of all values, with what they take beside.
    pub size: TableDefinition<'static, (), u64>,
}

impl Blobs {
    /// The values known, in the order of `keys`.
    pub fn get(&self, database: &Database, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, redb::Error> {
        let transaction = database.begin_read()?;
        let table = match transaction.open_table(self.values) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => return Ok(vec![None; keys.len()]),
            Err(error) => return Err(error.into()),
        };
        keys.iter().map(|key| Ok(table.get(key.0)?.map(|value| value.value().1.to_vec()))).collect()
    }

    /// Keeps values, in one transaction, and lets the oldest go until all take no more than `most` bytes.
    pub fn put(&self, database: &Database, rows: &[(Key, Vec<u8>)], most: u64) -> Result<(), redb::Error> {
        let transaction = database.begin_write()?;
        {
            let mut values = transaction.open_table(self.values)?;
            let mut ages = transaction.open_table(self.ages)?;
            let mut size = transaction.open_table(self.size)?;
            let takes = |bytes: usize| bytes as u64 + OVERHEAD;
            let mut total = size.get(())?.map_or(0, |total| total.value());
            let last = ages.last()?.map_or(0, |(age, _)| age.value());
            for ((key, value), age) in rows.iter().zip(last + 1..) {
                let before = values.insert(key.0, (age, value.as_slice()))?;
                let before = before.map(|before| (before.value().0, before.value().1.len()));
                if let Some((age, bytes)) = before {
                    ages.remove(age)?;
                    total = total.saturating_sub(takes(bytes));
                }
                ages.insert(age, key.0)?;
                total += takes(value.len());
            }
            while total > most {
                let Some(oldest) = ages.pop_first()?.map(|(_, key)| key.value()) else { break };
                let gone = values.remove(oldest)?.map_or(0, |value| takes(value.value().1.len()));
                total = total.saturating_sub(gone);
            }
            size.insert((), total)?;
        }
        Ok(transaction.commit()?)
    }

    /// How many there are.
    pub fn count(&self, transaction: &ReadTransaction) -> Result<u64, redb::Error> {
        match transaction.open_table(self.values) {
            Ok(table) => Ok(table.len()?),
            Err(TableError::TableDoesNotExist(_)) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    pub fn clear(&self, transaction: &WriteTransaction) -> Result<(), redb::Error> {
        transaction.delete_table(self.values)?;
        transaction.delete_table(self.ages)?;
        transaction.delete_table(self.size)?;
        Ok(())
    }
}
