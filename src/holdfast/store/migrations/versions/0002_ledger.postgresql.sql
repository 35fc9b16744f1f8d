-- The ledger's rules on PostgreSQL. Each refusal is SQLSTATE 23000 with a message that starts 'ledger.<rule>': the
-- token becomes the error's code.
--
-- Functions are SECURITY DEFINER: a role that may only SELECT and INSERT can do all that Holdfast does, and cannot
-- touch a balance, a lock or a trigger. The tables are expected in schema public.
--
-- Holds, voids and transfers get their number from a trigger, after the accounts' locks are taken: so an account's
-- rows are numbered in the order in which they moved its balance, and a number given by hand counts for nothing.

ALTER TABLE ledger_hold ALTER COLUMN id DROP DEFAULT;
ALTER TABLE ledger_void ALTER COLUMN id DROP DEFAULT;
ALTER TABLE ledger_transfer ALTER COLUMN id DROP DEFAULT;

CREATE FUNCTION ledger_refuse(rule text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger.%', rule USING ERRCODE = '23000';
END $$;

CREATE FUNCTION ledger_units(hi bigint, lo bigint) RETURNS numeric LANGUAGE sql IMMUTABLE
RETURN hi::numeric * 1000000000000000000 + lo;

CREATE FUNCTION ledger_lock(accounts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM ledger_account WHERE id = ANY(accounts) ORDER BY id FOR NO KEY UPDATE;
END $$;

CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_refuse('append_only');
  RETURN NULL;
END $$;

CREATE TRIGGER ledger_account_delete BEFORE DELETE OR TRUNCATE ON ledger_account
FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER ledger_hold_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_hold
FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER ledger_void_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_void
FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER ledger_entry_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER ledger_transfer_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfer
FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

-- Accounts -------------------------------------------------------------------------------------------------

CREATE FUNCTION ledger_account_open() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.total_hi <> 0 OR NEW.total_lo <> 0 OR NEW.held_hi <> 0 OR NEW.held_lo <> 0
     OR NEW.last_transfer <> 0 OR NEW.last_hold <> 0 OR NEW.last_void <> 0 THEN
    PERFORM ledger_refuse('balance_unjustified');
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER ledger_account_open BEFORE INSERT ON ledger_account
FOR EACH ROW EXECUTE FUNCTION ledger_account_open();

-- Move a balance for one new row. Amounts below zero come out as limbs below zero, which the trigger refuses.
CREATE FUNCTION ledger_move(
  account bigint, total_change numeric, held_change numeric, new_transfer bigint, new_hold bigint, new_void bigint
) RETURNS void LANGUAGE sql AS $$
  UPDATE ledger_account
     SET total_hi = div(ledger_units(total_hi, total_lo) + total_change, 1000000000000000000),
         total_lo = mod(ledger_units(total_hi, total_lo) + total_change, 1000000000000000000),
         held_hi = div(ledger_units(held_hi, held_lo) + held_change, 1000000000000000000),
         held_lo = mod(ledger_units(held_hi, held_lo) + held_change, 1000000000000000000),
         last_transfer = coalesce(new_transfer, last_transfer),
         last_hold = coalesce(new_hold, last_hold),
         last_void = coalesce(new_void, last_void)
   WHERE id = account
$$;

CREATE FUNCTION ledger_account_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  total numeric := ledger_units(NEW.total_hi, NEW.total_lo);
  held numeric := ledger_units(NEW.held_hi, NEW.held_lo);
  total_change numeric := total - ledger_units(OLD.total_hi, OLD.total_lo);
  held_change numeric := held - ledger_units(OLD.held_hi, OLD.held_lo);
  justified boolean := false;
BEGIN
  IF (NEW.id, NEW.code, NEW.asset, NEW.owner_class, NEW.normal_side)
     IS DISTINCT FROM (OLD.id, OLD.code, OLD.asset, OLD.owner_class, OLD.normal_side) THEN
    PERFORM ledger_refuse('append_only');
  END IF;
  IF held < 0 THEN PERFORM ledger_refuse('hold_mismatch'); END IF;
  IF total < held THEN PERFORM ledger_refuse('insufficient_funds'); END IF;
  IF total > 1000000000000000000::numeric * 1000000000000000000 THEN
    PERFORM ledger_refuse('balance_out_of_range');
  END IF;
  -- A balance moves only with one new transfer, hold or void of its own, each in turn and each once.
  IF NEW.last_transfer > OLD.last_transfer AND NEW.last_hold = OLD.last_hold AND NEW.last_void = OLD.last_void THEN
    SELECT total_change = CASE WHEN (t.debit_account = OLD.id) = (OLD.normal_side = 'debit') THEN 1 ELSE -1 END
                          * ledger_units(t.amount_hi, t.amount_lo)
       AND held_change = CASE WHEN h.account_id = OLD.id THEN -1 ELSE 0 END * ledger_units(t.amount_hi, t.amount_lo)
      INTO justified
      FROM ledger_transfer t
      JOIN ledger_entry e ON e.id = t.entry_id
      LEFT JOIN ledger_hold h ON h.id = e.hold_id
     WHERE t.id = NEW.last_transfer AND OLD.id IN (t.debit_account, t.credit_account);
  ELSIF NEW.last_hold > OLD.last_hold AND NEW.last_transfer = OLD.last_transfer AND NEW.last_void = OLD.last_void THEN
    SELECT total_change = 0 AND held_change = ledger_units(h.amount_hi, h.amount_lo) INTO justified
      FROM ledger_hold h WHERE h.id = NEW.last_hold AND h.account_id = OLD.id;
  ELSIF NEW.last_void > OLD.last_void AND NEW.last_transfer = OLD.last_transfer AND NEW.last_hold = OLD.last_hold THEN
    SELECT total_change = 0 AND held_change = -ledger_units(h.amount_hi, h.amount_lo) INTO justified
      FROM ledger_void v JOIN ledger_hold h ON h.id = v.hold_id
     WHERE v.id = NEW.last_void AND h.account_id = OLD.id;
  END IF;
  IF justified IS NOT TRUE THEN PERFORM ledger_refuse('balance_unjustified'); END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER ledger_account_update BEFORE UPDATE ON ledger_account
FOR EACH ROW EXECUTE FUNCTION ledger_account_update();

-- Holds ----------------------------------------------------------------------------------------------------

CREATE FUNCTION ledger_hold_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_lock(ARRAY[NEW.account_id]);
  NEW.id := nextval(pg_get_serial_sequence('ledger_hold', 'id'));
  IF NOT EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.account_id) THEN
    PERFORM ledger_refuse('account_unknown');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION ledger_hold_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_move(NEW.account_id, 0, ledger_units(NEW.amount_hi, NEW.amount_lo), NULL, NEW.id, NULL);
  RETURN NULL;
END $$;

CREATE TRIGGER ledger_hold_insert BEFORE INSERT ON ledger_hold
FOR EACH ROW EXECUTE FUNCTION ledger_hold_insert();
CREATE TRIGGER ledger_hold_inserted AFTER INSERT ON ledger_hold
FOR EACH ROW EXECUTE FUNCTION ledger_hold_inserted();

-- The lock on the hold's account keeps two resolutions of one hold apart.
CREATE FUNCTION ledger_require_unresolved(hold bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ledger_lock(ARRAY(SELECT account_id FROM ledger_hold WHERE id = hold));
  IF NOT EXISTS (SELECT 1 FROM ledger_hold WHERE id = hold) THEN
    PERFORM ledger_refuse('hold_unknown');
  END IF;
  IF EXISTS (SELECT 1 FROM ledger_void WHERE hold_id = hold)
     OR EXISTS (SELECT 1 FROM ledger_entry WHERE hold_id = hold) THEN
    PERFORM ledger_refuse('hold_resolved');
  END IF;
END $$;

CREATE FUNCTION ledger_void_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_require_unresolved(NEW.hold_id);
  NEW.id := nextval(pg_get_serial_sequence('ledger_void', 'id'));
  RETURN NEW;
END $$;

CREATE FUNCTION ledger_void_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_move(account_id, 0, -ledger_units(amount_hi, amount_lo), NULL, NULL, NEW.id)
     FROM ledger_hold WHERE id = NEW.hold_id;
  RETURN NULL;
END $$;

CREATE TRIGGER ledger_void_insert BEFORE INSERT ON ledger_void
FOR EACH ROW EXECUTE FUNCTION ledger_void_insert();
CREATE TRIGGER ledger_void_inserted AFTER INSERT ON ledger_void
FOR EACH ROW EXECUTE FUNCTION ledger_void_inserted();

-- Entries and transfers ------------------------------------------------------------------------------------

CREATE FUNCTION ledger_entry_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.hold_id IS NOT NULL THEN
    PERFORM ledger_require_unresolved(NEW.hold_id);
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER ledger_entry_insert BEFORE INSERT ON ledger_entry
FOR EACH ROW EXECUTE FUNCTION ledger_entry_insert();

CREATE FUNCTION ledger_transfer_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  debit ledger_account;
  credit ledger_account;
  settled bigint;
BEGIN
  PERFORM ledger_lock(ARRAY[NEW.debit_account, NEW.credit_account]);
  NEW.id := nextval(pg_get_serial_sequence('ledger_transfer', 'id'));
  -- Positions run 1, 2, ... transfer_count, so a whole entry takes no more.
  IF NEW.position IS DISTINCT FROM
       coalesce((SELECT max(position) FROM ledger_transfer WHERE entry_id = NEW.entry_id), 0) + 1
     OR NEW.position > coalesce((SELECT transfer_count FROM ledger_entry WHERE id = NEW.entry_id), 0) THEN
    PERFORM ledger_refuse('entry_complete');
  END IF;
  SELECT * INTO debit FROM ledger_account WHERE id = NEW.debit_account;
  SELECT * INTO credit FROM ledger_account WHERE id = NEW.credit_account;
  IF debit.id IS NULL OR credit.id IS NULL THEN PERFORM ledger_refuse('account_unknown'); END IF;
  IF debit.asset <> credit.asset THEN PERFORM ledger_refuse('asset_mismatch'); END IF;
  IF debit.owner_class = 'customer' AND credit.owner_class = 'house'
     AND credit.code <> 'house:fees' AND credit.code NOT LIKE 'house:fees:%' THEN
    PERFORM ledger_refuse('customer_money');
  END IF;
  -- Settling a hold only takes from its account; giving back would make the sum mean less than it says.
  SELECT h.account_id INTO settled FROM ledger_entry e JOIN ledger_hold h ON h.id = e.hold_id WHERE e.id = NEW.entry_id;
  IF (settled = debit.id AND debit.normal_side = 'debit')
     OR (settled = credit.id AND credit.normal_side = 'credit') THEN
    PERFORM ledger_refuse('hold_mismatch');
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION ledger_transfer_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  amount numeric := ledger_units(NEW.amount_hi, NEW.amount_lo);
  settled ledger_hold;
BEGIN
  SELECT h.* INTO settled FROM ledger_entry e JOIN ledger_hold h ON h.id = e.hold_id WHERE e.id = NEW.entry_id;
  PERFORM ledger_move(
       id,
       CASE WHEN (id = NEW.debit_account) = (normal_side = 'debit') THEN amount ELSE -amount END,
       CASE WHEN id = settled.account_id THEN -amount ELSE 0 END,
       NEW.id, NULL, NULL)
     FROM (SELECT id, normal_side FROM ledger_account WHERE id IN (NEW.debit_account, NEW.credit_account)) AS sides;
  -- With the last transfer, exactly the held amount has been taken.
  IF settled.id IS NOT NULL
     AND NEW.position = (SELECT transfer_count FROM ledger_entry WHERE id = NEW.entry_id)
     AND ledger_units(settled.amount_hi, settled.amount_lo) IS DISTINCT FROM
       (SELECT sum(ledger_units(amount_hi, amount_lo)) FROM ledger_transfer
         WHERE entry_id = NEW.entry_id AND settled.account_id IN (debit_account, credit_account)) THEN
    PERFORM ledger_refuse('hold_mismatch');
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER ledger_transfer_insert BEFORE INSERT ON ledger_transfer
FOR EACH ROW EXECUTE FUNCTION ledger_transfer_insert();
CREATE TRIGGER ledger_transfer_inserted AFTER INSERT ON ledger_transfer
FOR EACH ROW EXECUTE FUNCTION ledger_transfer_inserted();

-- For people and reports: amounts as plain numbers.

CREATE VIEW ledger_balance AS
SELECT id, code, asset, owner_class, normal_side,
       ledger_units(total_hi, total_lo) AS total,
       ledger_units(held_hi, held_lo) AS held,
       ledger_units(total_hi, total_lo) - ledger_units(held_hi, held_lo) AS available
  FROM ledger_account;
