-- The ledger's rules on SQLite. Each refusal is RAISE(ABORT, 'ledger.<rule>'): the token becomes the error's code.
--
-- Every rule is raised, even where a CHECK repeats it: a statement like INSERT OR IGNORE hands its conflict
-- policy down to the updates inside triggers, where a failed CHECK would be passed over in silence. RAISE is not.
-- Every BEFORE INSERT trigger refuses a row that would replace another: INSERT OR REPLACE deletes without
-- running delete triggers on connections that did not set PRAGMA recursive_triggers.

-- Accounts -------------------------------------------------------------------------------------------------

CREATE TRIGGER ledger_account_open BEFORE INSERT ON ledger_account
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only')
   WHERE EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.id OR (code = NEW.code AND asset = NEW.asset));
  SELECT RAISE(ABORT, 'ledger.balance_unjustified')
   WHERE NEW.total_hi <> 0 OR NEW.total_lo <> 0 OR NEW.held_hi <> 0 OR NEW.held_lo <> 0
      OR NEW.last_transfer <> 0 OR NEW.last_hold <> 0 OR NEW.last_void <> 0;
END;

CREATE TRIGGER ledger_account_delete BEFORE DELETE ON ledger_account
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only');
END;

CREATE TRIGGER ledger_account_update BEFORE UPDATE ON ledger_account
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only')
   WHERE NEW.id IS NOT OLD.id OR NEW.code IS NOT OLD.code OR NEW.asset IS NOT OLD.asset
      OR NEW.owner_class IS NOT OLD.owner_class OR NEW.normal_side IS NOT OLD.normal_side;
  SELECT RAISE(ABORT, 'ledger.hold_mismatch')
   WHERE NEW.held_hi < 0;
  SELECT RAISE(ABORT, 'ledger.insufficient_funds')
   WHERE NEW.total_hi < NEW.held_hi OR (NEW.total_hi = NEW.held_hi AND NEW.total_lo < NEW.held_lo);
  SELECT RAISE(ABORT, 'ledger.balance_out_of_range')
   WHERE NEW.total_hi > 1000000000000000000 OR (NEW.total_hi = 1000000000000000000 AND NEW.total_lo > 0)
      OR NEW.total_lo NOT BETWEEN 0 AND 999999999999999999 OR NEW.held_lo NOT BETWEEN 0 AND 999999999999999999;
  -- A balance moves only with one new transfer, hold or void of its own, each in turn and each once.
  SELECT RAISE(ABORT, 'ledger.balance_unjustified')
   WHERE (NEW.last_transfer > OLD.last_transfer AND NEW.last_hold = OLD.last_hold AND NEW.last_void = OLD.last_void)
       + (NEW.last_hold > OLD.last_hold AND NEW.last_transfer = OLD.last_transfer AND NEW.last_void = OLD.last_void)
       + (NEW.last_void > OLD.last_void AND NEW.last_transfer = OLD.last_transfer AND NEW.last_hold = OLD.last_hold)
       IS NOT 1;
END;

-- The three triggers below let a balance move by exactly the row's amount. With signed differences d of the limbs and
-- the signed amount a, d_hi * 10^18 + d_lo = a_hi * 10^18 + a_lo is checked as (a_hi - d_hi) * 10^18 = d_lo - a_lo,
-- where both sides fit 64 bits once the left factor is -1, 0 or 1.

CREATE TRIGGER ledger_account_update_by_transfer BEFORE UPDATE ON ledger_account
WHEN NEW.last_transfer > OLD.last_transfer
BEGIN
  SELECT RAISE(ABORT, 'ledger.balance_unjustified')
   WHERE NOT EXISTS (
     SELECT 1
       FROM (SELECT t.amount_hi, t.amount_lo,
                    CASE WHEN (t.debit_account = OLD.id) = (OLD.normal_side = 'debit') THEN 1 ELSE -1 END AS sign,
                    CASE WHEN h.account_id = OLD.id THEN -1 ELSE 0 END AS held_sign
               FROM ledger_transfer t
               JOIN ledger_entry e ON e.id = t.entry_id
               LEFT JOIN ledger_hold h ON h.id = e.hold_id
              WHERE t.id = NEW.last_transfer AND OLD.id IN (t.debit_account, t.credit_account)) m
      WHERE sign * amount_hi - (NEW.total_hi - OLD.total_hi) BETWEEN -1 AND 1
        AND (sign * amount_hi - (NEW.total_hi - OLD.total_hi)) * 1000000000000000000
          = (NEW.total_lo - OLD.total_lo) - sign * amount_lo
        AND held_sign * amount_hi - (NEW.held_hi - OLD.held_hi) BETWEEN -1 AND 1
        AND (held_sign * amount_hi - (NEW.held_hi - OLD.held_hi)) * 1000000000000000000
          = (NEW.held_lo - OLD.held_lo) - held_sign * amount_lo);
END;

CREATE TRIGGER ledger_account_update_by_hold BEFORE UPDATE ON ledger_account
WHEN NEW.last_hold > OLD.last_hold
BEGIN
  SELECT RAISE(ABORT, 'ledger.balance_unjustified')
   WHERE NEW.total_hi IS NOT OLD.total_hi OR NEW.total_lo IS NOT OLD.total_lo OR NOT EXISTS (
     SELECT 1 FROM ledger_hold h
      WHERE h.id = NEW.last_hold AND h.account_id = OLD.id
        AND h.amount_hi - (NEW.held_hi - OLD.held_hi) BETWEEN -1 AND 1
        AND (h.amount_hi - (NEW.held_hi - OLD.held_hi)) * 1000000000000000000
          = (NEW.held_lo - OLD.held_lo) - h.amount_lo);
END;

CREATE TRIGGER ledger_account_update_by_void BEFORE UPDATE ON ledger_account
WHEN NEW.last_void > OLD.last_void
BEGIN
  SELECT RAISE(ABORT, 'ledger.balance_unjustified')
   WHERE NEW.total_hi IS NOT OLD.total_hi OR NEW.total_lo IS NOT OLD.total_lo OR NOT EXISTS (
     SELECT 1 FROM ledger_void v JOIN ledger_hold h ON h.id = v.hold_id
      WHERE v.id = NEW.last_void AND h.account_id = OLD.id
        AND -h.amount_hi - (NEW.held_hi - OLD.held_hi) BETWEEN -1 AND 1
        AND (-h.amount_hi - (NEW.held_hi - OLD.held_hi)) * 1000000000000000000
          = (NEW.held_lo - OLD.held_lo) + h.amount_lo);
END;

-- Holds ----------------------------------------------------------------------------------------------------

CREATE TRIGGER ledger_hold_insert BEFORE INSERT ON ledger_hold
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only')
   WHERE EXISTS (SELECT 1 FROM ledger_hold WHERE id = NEW.id OR idempotency_key = NEW.idempotency_key);
  SELECT RAISE(ABORT, 'ledger.account_unknown')
   WHERE NOT EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.account_id);
END;

CREATE TRIGGER ledger_hold_inserted AFTER INSERT ON ledger_hold
BEGIN
  UPDATE ledger_account
     SET last_hold = NEW.id,
         held_hi = held_hi + NEW.amount_hi + (held_lo + NEW.amount_lo) / 1000000000000000000,
         held_lo = (held_lo + NEW.amount_lo) % 1000000000000000000
   WHERE id = NEW.account_id;
END;

CREATE TRIGGER ledger_hold_update BEFORE UPDATE ON ledger_hold
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only');
END;

CREATE TRIGGER ledger_hold_delete BEFORE DELETE ON ledger_hold
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only');
END;

CREATE TRIGGER ledger_void_insert BEFORE INSERT ON ledger_void
BEGIN
  SELECT RAISE(ABORT, 'ledger.hold_unknown')
   WHERE NOT EXISTS (SELECT 1 FROM ledger_hold WHERE id = NEW.hold_id);
  SELECT RAISE(ABORT, 'ledger.hold_resolved')
   WHERE EXISTS (SELECT 1 FROM ledger_void WHERE hold_id = NEW.hold_id)
      OR EXISTS (SELECT 1 FROM ledger_entry WHERE hold_id = NEW.hold_id);
  SELECT RAISE(ABORT, 'ledger.append_only')
   WHERE EXISTS (SELECT 1 FROM ledger_void WHERE id = NEW.id);
END;

CREATE TRIGGER ledger_void_inserted AFTER INSERT ON ledger_void
BEGIN
  UPDATE ledger_account
     SET last_void = NEW.id,
         held_hi = held_hi - h.amount_hi - (held_lo < h.amount_lo),
         held_lo = (held_lo - h.amount_lo + 1000000000000000000) % 1000000000000000000
    FROM (SELECT account_id, amount_hi, amount_lo FROM ledger_hold WHERE id = NEW.hold_id) AS h
   WHERE id = h.account_id;
END;

CREATE TRIGGER ledger_void_update BEFORE UPDATE ON ledger_void
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only');
END;

CREATE TRIGGER ledger_void_delete BEFORE DELETE ON ledger_void
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only');
END;

-- Entries --------------------------------------------------------------------------------------------------

CREATE TRIGGER ledger_entry_insert BEFORE INSERT ON ledger_entry
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only')
   WHERE EXISTS (SELECT 1 FROM ledger_entry WHERE id = NEW.id OR idempotency_key = NEW.idempotency_key);
  SELECT RAISE(ABORT, 'ledger.hold_unknown')
   WHERE NEW.hold_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger_hold WHERE id = NEW.hold_id);
  SELECT RAISE(ABORT, 'ledger.hold_resolved')
   WHERE EXISTS (SELECT 1 FROM ledger_void WHERE hold_id = NEW.hold_id)
      OR EXISTS (SELECT 1 FROM ledger_entry WHERE hold_id = NEW.hold_id);
END;

CREATE TRIGGER ledger_entry_update BEFORE UPDATE ON ledger_entry
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only');
END;

CREATE TRIGGER ledger_entry_delete BEFORE DELETE ON ledger_entry
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only');
END;

-- Transfers ------------------------------------------------------------------------------------------------

CREATE TRIGGER ledger_transfer_insert BEFORE INSERT ON ledger_transfer
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only')
   WHERE EXISTS (SELECT 1 FROM ledger_transfer WHERE id = NEW.id);
  -- Positions run 1, 2, ... transfer_count, so a whole entry takes no more.
  SELECT RAISE(ABORT, 'ledger.entry_complete')
   WHERE NEW.position
         IS NOT coalesce((SELECT max(position) FROM ledger_transfer WHERE entry_id = NEW.entry_id), 0) + 1
      OR NEW.position > coalesce((SELECT transfer_count FROM ledger_entry WHERE id = NEW.entry_id), 0);
  SELECT RAISE(ABORT, 'ledger.account_unknown')
   WHERE NOT EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.debit_account)
      OR NOT EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.credit_account);
  SELECT RAISE(ABORT, 'ledger.asset_mismatch')
   WHERE (SELECT asset FROM ledger_account WHERE id = NEW.debit_account)
      <> (SELECT asset FROM ledger_account WHERE id = NEW.credit_account);
  SELECT RAISE(ABORT, 'ledger.customer_money')
   WHERE (SELECT owner_class FROM ledger_account WHERE id = NEW.debit_account) = 'customer'
     AND EXISTS (SELECT 1 FROM ledger_account
                  WHERE id = NEW.credit_account AND owner_class = 'house'
                    AND code <> 'house:fees' AND code NOT GLOB 'house:fees:*');
  -- Settling a hold only takes from its account; giving back would make the sum mean less than it says.
  SELECT RAISE(ABORT, 'ledger.hold_mismatch')
   WHERE EXISTS (SELECT 1 FROM ledger_entry e
                   JOIN ledger_hold h ON h.id = e.hold_id
                   JOIN ledger_account a ON a.id = h.account_id
                  WHERE e.id = NEW.entry_id
                    AND a.id = CASE a.normal_side WHEN 'debit' THEN NEW.debit_account ELSE NEW.credit_account END);
END;

CREATE TRIGGER ledger_transfer_inserted AFTER INSERT ON ledger_transfer
BEGIN
  -- The side that grows.
  UPDATE ledger_account
     SET last_transfer = NEW.id,
         total_hi = total_hi + NEW.amount_hi + (total_lo + NEW.amount_lo) / 1000000000000000000,
         total_lo = (total_lo + NEW.amount_lo) % 1000000000000000000
   WHERE (id = NEW.debit_account AND normal_side = 'debit') OR (id = NEW.credit_account AND normal_side = 'credit');
  -- The side that shrinks, out of free funds.
  UPDATE ledger_account
     SET last_transfer = NEW.id,
         total_hi = total_hi - NEW.amount_hi - (total_lo < NEW.amount_lo),
         total_lo = (total_lo - NEW.amount_lo + 1000000000000000000) % 1000000000000000000
   WHERE ((id = NEW.debit_account AND normal_side = 'credit') OR (id = NEW.credit_account AND normal_side = 'debit'))
     AND id IS NOT (SELECT h.account_id FROM ledger_entry e JOIN ledger_hold h ON h.id = e.hold_id
                     WHERE e.id = NEW.entry_id);
  -- The side that shrinks, out of the hold that the entry settles.
  UPDATE ledger_account
     SET last_transfer = NEW.id,
         total_hi = total_hi - NEW.amount_hi - (total_lo < NEW.amount_lo),
         total_lo = (total_lo - NEW.amount_lo + 1000000000000000000) % 1000000000000000000,
         held_hi = held_hi - NEW.amount_hi - (held_lo < NEW.amount_lo),
         held_lo = (held_lo - NEW.amount_lo + 1000000000000000000) % 1000000000000000000
   WHERE ((id = NEW.debit_account AND normal_side = 'credit') OR (id = NEW.credit_account AND normal_side = 'debit'))
     AND id = (SELECT h.account_id FROM ledger_entry e JOIN ledger_hold h ON h.id = e.hold_id
                WHERE e.id = NEW.entry_id);
  -- With the last transfer, exactly the held amount has been taken.
  SELECT RAISE(ABORT, 'ledger.hold_mismatch')
    FROM ledger_entry e JOIN ledger_hold h ON h.id = e.hold_id
   WHERE e.id = NEW.entry_id AND e.transfer_count = NEW.position
     AND NOT EXISTS (
       SELECT 1
         FROM (SELECT sum(t.amount_hi) AS hi, sum(t.amount_lo) AS lo FROM ledger_transfer t
                WHERE t.entry_id = e.id AND h.account_id IN (t.debit_account, t.credit_account))
        WHERE hi + lo / 1000000000000000000 = h.amount_hi AND lo % 1000000000000000000 = h.amount_lo);
END;

CREATE TRIGGER ledger_transfer_update BEFORE UPDATE ON ledger_transfer
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only');
END;

CREATE TRIGGER ledger_transfer_delete BEFORE DELETE ON ledger_transfer
BEGIN
  SELECT RAISE(ABORT, 'ledger.append_only');
END;
