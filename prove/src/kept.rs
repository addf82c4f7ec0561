//! What is left in a PostgreSQL database, asked past the servers. The twin of `stored`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use domain::id::ExecutionId;
use tokio_postgres::{Client, NoTls};

use crate::figures::Outcome;
use crate::sink::Effects;
use crate::stored::Row;

/// Ids that are asked for at once.
const PAGE: usize = 10_000;
const POLL: Duration = Duration::from_millis(50);

/// A look at the database.
#[derive(Debug)]
pub struct Kept(Client);

impl Kept {
    pub async fn open(url: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        // It ends with the client.
        tokio::spawn(connection);
        Ok(Self(client))
    }

    /// Those of them that are there.
    pub async fn executions(&self, ids: &[ExecutionId]) -> Result<HashMap<ExecutionId, Row>> {
        let sql =
            "select id::text, status, reason, epoch, answer_status from execution where id = any($1::text[]::uuid[])";
        let mut there = HashMap::new();
        for page in ids.chunks(PAGE) {
            let page: Vec<String> = page.iter().map(uuid).collect();
            for row in self.0.query(sql, &[&page]).await? {
                let known = Row {
                    status: row.try_get(1)?,
                    reason: row.try_get(2)?,
                    epoch: u32::try_from(row.try_get::<_, i64>(3)?)?,
                    answer_status: row.try_get::<_, Option<i64>>(4)?.map(u16::try_from).transpose()?,
                };
                there.insert(id(row.try_get(0)?)?, known);
            }
        }
        Ok(there)
    }

    pub async fn count(&self) -> Result<i64> {
        self.number("select count(*) from execution").await
    }

    /// Executions that still have something before them and wait for nobody.
    pub async fn open_count(&self) -> Result<i64> {
        self.number(
            "select count(*) from execution where due_at is not null
             and (reason is null or reason not in ('needs_attention', 'quarantined'))",
        )
        .await
    }

    /// Parts of journals that were written under an epoch lower than one before them: by somebody whose execution was
    /// another's by then.
    pub async fn of_older_epochs(&self) -> Result<i64> {
        self.number(
            "select count(*) from (
                 select epoch < max(epoch) over (partition by execution_id order by part) as late from journal
             ) as parts where late",
        )
        .await
    }

    /// Executions of a workflow that fell asleep on their way: they were claimed again.
    pub async fn delayed(&self, key: &str) -> Result<Vec<ExecutionId>> {
        let sql = "select id::text from execution where workflow_key = $1 and epoch > 1";
        self.0.query(sql, &[&key]).await?.iter().map(|row| id(row.try_get(0)?)).collect()
    }

    pub async fn number(&self, sql: &str) -> Result<i64> {
        Ok(self.0.query_one(sql, &[]).await?.try_get(0)?)
    }

    /// The first column of all rows.
    pub async fn numbers(&self, sql: &str) -> Result<Vec<i64>> {
        self.0.query(sql, &[]).await?.into_iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    pub async fn execute(&self, sql: &str) -> Result<()> {
        Ok(self.0.batch_execute(sql).await?)
    }

    /// Waits until nothing that could go on by itself is open.
    pub async fn all_ended(&self, patience: Duration) -> Result<()> {
        let from = Instant::now();
        loop {
            let open = self.open_count().await?;
            if open == 0 {
                return Ok(());
            }
            ensure!(from.elapsed() < patience, "after {} s, {open} executions are still open", patience.as_secs());
            tokio::time::sleep(POLL).await;
        }
    }

    /// At the end: what was acknowledged is there and has succeeded, no more is there than can have been under way,
    /// nothing happened more often than it was claimed, and nobody wrote under an older epoch. What it found, in words.
    pub async fn compare(
        &self,
        acknowledged: &[ExecutionId],
        under_way: i64,
        effects: &Effects,
        outcome: &mut Outcome,
    ) -> Result<String> {
        let there = self.executions(acknowledged).await?;
        let lost: Vec<_> = acknowledged.iter().filter(|id| !there.contains_key(id)).collect();
        let without_end: Vec<_> = there.iter().filter(|(_, row)| row.status != "succeeded").collect();
        outcome.none("acknowledged and lost", &lost);
        outcome.none("acknowledged and not succeeded", &without_end);
        let unanswered = self.count().await? - i64::try_from(acknowledged.len())?;
        outcome.check(unanswered <= under_way, || {
            format!("{unanswered} are stored without a 2xx, but only {under_way} can have been under way")
        });
        let ids: Vec<ExecutionId> = effects.times.keys().map(|(id, _)| *id).collect();
        let claimed = self.executions(&ids).await?;
        let too_often: Vec<_> = effects
            .times
            .iter()
            .filter(|((id, _), times)| **times > claimed.get(id).map_or(0, |row| row.epoch))
            .collect();
        outcome.none("effects more often than claimed (id, node, effects)", &too_often);
        outcome.none("effects with a wrong key", &effects.wrong_keys);
        let late = self.of_older_epochs().await?;
        outcome.check(late == 0, || format!("{late} parts of journals were written under an older epoch"));
        Ok(format!(
            "{} acknowledged, {} lost, {} without their end, {unanswered} kept without a 2xx (at most {under_way}), {} effects of which {} again, {late} parts written under an older epoch",
            acknowledged.len(),
            lost.len(),
            without_end.len(),
            effects.times.len(),
            effects.repeated()
        ))
    }
}

/// As PostgreSQL reads it: the 16 bytes in hex.
fn uuid(id: &ExecutionId) -> String {
    format!("{:032x}", u128::from_be_bytes(id.to_bytes()))
}

fn id(text: &str) -> Result<ExecutionId> {
    let hex: String = text.chars().filter(|letter| *letter != '-').collect();
    Ok(ExecutionId::from_bytes(u128::from_str_radix(&hex, 16)?.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_were_written() {
        let known = ExecutionId::from_bytes([7; 16]);
        assert_eq!(uuid(&known), "07070707070707070707070707070707");
        assert_eq!(id("07070707-0707-0707-0707-070707070707").unwrap(), known);
        assert!(id("x").is_err());
    }
}
