/** Every statement of the store on a schema's tables. */

/** A name as SQL takes it whatever it is. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Limits of one transaction: for how many milliseconds a statement may last, and how long the server waits for us. */
export const limits =
  "select set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true)"

/** Epoch milliseconds by the server's clock. */
const now = "floor(extract(epoch from clock_timestamp()) * 1000)::float8"

export type Statements = ReturnType<typeof make>

export const make = (schema: string) => {
  const s = quoted(schema)
  const gate = "id, route, name as lane, open, reason, since, not_before, former, version, changed_by"
  const heads = "dead.id, route, lane, reason, detail, attempts, at, source, split, position, length, kept"
  // A parcel whole, with its track.
  const held = `parcel.seq, parcel.codec, events, at, source, split, position, ends, body, checksum, settled, attempts,
    route, lane.name as lane, track`
  const homes = `join ${s}.head as head on head.id = parcel.head join ${s}.lane as lane on lane.id = head.lane`
  // What a filter finds; `null` for what does not matter.
  const found = `dead.id > $1 and dead.id <= $2 and ($3::bigint[] is null or dead.id = any($3::bigint[]))
    and ($4::text is null or route = $4) and ($5::text is null or lane = $5) and ($6::text is null or reason = $6)
    and ($7::float8 is null or at >= $7) and ($8::float8 is null or at < $8)
    and ($9::text is null or type is null or type like $9) and ($10::text is null or keys is null or strpos(keys, $10) > 0)
    and ($11::text is null or keys is null or strpos(keys, $11) > 0) and ($12::boolean is null or keys is null)`
  // Bounded on both sides, which the planner does not find out by itself.
  const keyed = `${s}.dead as dead left join ${s}.letter_key as letter_key
    on letter_key.id = dead.id and letter_key.id > $1 and letter_key.id <= $2`
  return {
    // Sessions and leases.
    // Sets the limits of the transaction on the way.
    made: `insert into ${s}.made (session, ticket, at)
      select $3::bigint, $4::bigint, clock_timestamp() from (${limits}) as limits
      on conflict (session) do update set ticket = excluded.ticket, at = excluded.at where made.ticket < excluded.ticket
      returning 1 as made`,
    forgetMade: `delete from ${s}.made where session = $1 or session = - $1 or at < clock_timestamp() - interval '1 day'`,
    enter: `insert into ${s}.session (id, name, roles, since, until)
      values ($1, $2, $3, ${now}, clock_timestamp() + $4 * interval '1 millisecond')
      on conflict (id) do update set until = excluded.until`,
    renew: `with alive as (
        update ${s}.session set until = clock_timestamp() + $2 * interval '1 millisecond' where id = $1 returning 1
      ) select (select count(*) from alive) as alive,
        array(select token from ${s}.lease where owner = $1) as held`,
    name: `update ${s}.session set name = $2, roles = $3, since = ${now} where id = $1`,
    buryExpired: `delete from ${s}.session where until < clock_timestamp() and id <> $1 returning id`,
    leave: `delete from ${s}.session where id = $1`,
    freeOf: `delete from ${s}.lease where owner = any($1::bigint[])`,
    fold: `with gone as (
        delete from ${s}.ledger where session = any($1::bigint[]) returning route, kind, key, events
      ) insert into ${s}.ledger as kept (session, route, kind, key, events)
        select 0, route, kind, key, sum(events)::bigint from gone group by route, kind, key order by route, kind, key
        on conflict (session, route, kind, key) do update set events = kept.events + excluded.events`,
    // What is free, for a session that is alive; a row without a key tells that another session is to be buried. Numbers are taken
    // once a lease is free: they grow with each of its owners.
    take: `with alive as (select 1 from ${s}.session where id = $1 for share), free as (
        select given.key, name from alive, unnest($2::text[], $3::text[]) with ordinality as given (key, name, place)
        where not exists (select 1 from ${s}.lease where lease.key = given.key) order by place limit $4
      ), taken as (
        insert into ${s}.lease (key, name, owner, token) select key, name, $1, nextval('${s}.lease_number') from free
        on conflict (key) do nothing returning key, token
      ) select key, token from taken
      union all select null, null where exists (select 1 from ${s}.session where until < clock_timestamp() and id <> $1)`,
    // Last in a transaction, since all wait for this row.
    markFleet: `update ${s}.store set fleet = fleet + 1 where one = 1 returning fleet`,
    release: `delete from ${s}.lease where token = any($1::bigint[])`,
    releaseTracks: `with gone as (delete from ${s}.lease where token = any($1::bigint[]) returning 1)
      update ${s}.store set fleet = fleet + 1 where one = 1 and exists (select 1 from gone) returning fleet`,
    instances: `select name, roles, since, until, (extract(epoch from until) * 1000)::float8 as until_at,
        array(select name from ${s}.lease where owner = session.id order by name) as leases
      from ${s}.session as session where name is not null and until > clock_timestamp() order by since, id`,
    fence: `select token, name from ${s}.lease where token = any($1::bigint[]) order by key for share`,
    // News: one row, and one for each head in which others stored more than is known.
    watch: `select * from (
        select (select fleet from ${s}.store where one = 1) as fleet,
          (select coalesce(sum(version), 0) from ${s}.lane)::bigint as gates,
          exists (select 1 from ${s}.session where until < clock_timestamp()) as expired
      ) as shared left join (
        select head.id, case when head.session = $1 then head.other_seq else head.seq end as seq
        from unnest($2::bigint[], $3::bigint[]) as known (id, seq) join ${s}.head as head on head.id = known.id
        where case when head.session = $1 then head.other_seq else head.seq end > known.seq
      ) as heads on true`,
    gates: `select ${gate} from ${s}.lane where version > 0`,
    // Names.
    lanes: `select ${gate} from ${s}.lane`,
    addLanes: `insert into ${s}.lane (id, route, name)
      select nextval('${s}.number'), route, name from unnest($1::text[], $2::text[]) as given (route, name)
      order by route, name on conflict (route, name) do nothing`,
    findLanes: `select lane.id, route, name as lane from ${s}.lane as lane
      join unnest($1::text[], $2::text[]) as given (r, n) on route = r and name = n`,
    addHeads: `insert into ${s}.head (id, lane, track)
      select nextval('${s}.number'), lane, track from unnest($1::bigint[], $2::bigint[]) as given (lane, track)
      order by lane, track on conflict (lane, track) do nothing`,
    findHeads: `select head.id, head.lane, head.track from ${s}.head as head
      join unnest($1::bigint[], $2::bigint[]) as given (l, t) on head.lane = l and head.track = t`,
    addCodec: `insert into ${s}.codec (id, digest, name, parameter) values (nextval('${s}.number'), $1, $2, $3)
      on conflict (digest) do nothing`,
    findCodec: `select id from ${s}.codec where digest = $1`,
    codecs: `select id, name, parameter from ${s}.codec where id = any($1::bigint[])`,
    // Appends.
    lockCheckpoints: `select checkpoint.source, checkpoint.split, position from ${s}.checkpoint as checkpoint
      join unnest($1::text[], $2::text[]) as given (a, b) on source = a and split = b
      order by source, split for update of checkpoint`,
    addCheckpoints: `insert into ${s}.checkpoint (source, split, position, day)
      select a, b, c, coalesce((select days from ${s}.look where look.source = a), 0)
      from unnest($1::text[], $2::text[], $3::text[]) as given (a, b, c) order by a, b
      on conflict (source, split) do nothing returning 1 as added`,
    moveCheckpoints: `update ${s}.checkpoint as checkpoint
      set position = c, day = coalesce((select days from ${s}.look where look.source = a), 0)
      from unnest($1::text[], $2::text[], $3::text[]) as given (a, b, c)
      where checkpoint.source = a and checkpoint.split = b`,
    lockSeen: `select id, at from ${s}.seen where id = any($1::text[]) order by id for update`,
    addSeen: `insert into ${s}.seen (id, at) select a, b from unnest($1::text[], $2::float8[]) as given (a, b) order by a
      on conflict (id) do nothing returning 1 as added`,
    moveSeen: `update ${s}.seen as seen set at = b from unnest($1::text[], $2::float8[]) as given (a, b) where seen.id = a`,
    forgetSeen: `delete from ${s}.seen where id in (
        select id from ${s}.seen where at < $1 order by at limit $2 for update skip locked
      ) returning 1 as gone`,
    lockHeads: `select id, seq, session, other_seq from ${s}.head where id = any($1::bigint[]) order by id for update`,
    numbers: `select 'parcel' as kind, nextval('${s}.parcel_number') as number from generate_series(1, $1)
      union all select 'dead', nextval('${s}.dead_number') from generate_series(1, $2)
      union all select 'other', nextval('${s}.number') from generate_series(1, $3)`,
    addParcels: `insert into ${s}.parcel (seq, head, codec, events, size, at, source, split, position, ends, body, checksum)
      select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[], $6::float8[], $7::text[],
        $8::text[], $9::text[], $10::bytea[], $11::bytea[], $12::bigint[])`,
    moveHeads: `update ${s}.head as head set seq = b, session = $1, other_seq = c
      from unnest($2::bigint[], $3::bigint[], $4::bigint[]) as given (a, b, c) where head.id = a`,
    addRaw: `insert into ${s}.raw (id, record, checksum) select * from unnest($1::bigint[], $2::bytea[], $3::bigint[])`,
    addDead: `insert into ${s}.dead (id, route, lane, reason, detail, attempts, at, source, split, position, codec, length,
        kept, raw, record, checksum)
      select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::float8[],
        $8::text[], $9::text[], $10::text[], $11::bigint[], $12::integer[], $13::integer[], $14::bigint[], $15::bytea[],
        $16::bigint[])`,
    count: `insert into ${s}.ledger as kept (session, route, kind, key, events)
      select $1, a, b, c, d from unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) as given (a, b, c, d)
      order by a, b, c
      on conflict (session, route, kind, key) do update set events = kept.events + excluded.events`,
    removeDead: `delete from ${s}.dead where id = any($1::bigint[])
      returning route, reason, raw, kept, record is null as shared`,
    lockRaw: `select id, octet_length(record) as size from ${s}.raw where id = any($1::bigint[]) order by id for update`,
    removeRaw: `delete from ${s}.raw as raw where id = any($1::bigint[])
      and not exists (select 1 from ${s}.dead where dead.raw = raw.id) returning octet_length(record) as size`,
    // Settlements.
    lockParcels: `select parcel.seq, parcel.head, events, size, parcel.codec, source, split, position, settled, attempts,
        route, name as lane, track
      from ${s}.parcel as parcel join ${s}.head as head on head.id = parcel.head join ${s}.lane as lane on lane.id = head.lane
      where parcel.seq = any($1::bigint[]) order by parcel.seq for update of parcel`,
    contents: `select seq, ends, body, checksum from ${s}.parcel where seq = any($1::bigint[])`,
    // Yields the compositions that they had a part in.
    removeParcels: `with gone as (delete from ${s}.parcel where seq = any($1::bigint[]))
      delete from ${s}.composed where parcel = any($1::bigint[]) returning composition`,
    markParcels: `update ${s}.parcel as parcel set settled = b, attempts = c
      from unnest($1::bigint[], $2::bytea[], $3::integer[]) as given (a, b, c) where parcel.seq = a`,
    rewriteParcel: `update ${s}.parcel set body = $2, checksum = $3 where seq = $1`,
    dropUnlinked: `delete from ${s}.composition as composition where id = any($1::bigint[])
      and not exists (select 1 from ${s}.composed where composed.composition = composition.id)`,
    // Compositions.
    dropCompositions: `delete from ${s}.composition as composition
      using unnest($1::bigint[], $2::text[]) as given (a, b) where composition.head = a and composition.name = b
      returning id`,
    unlinkCompositions: `delete from ${s}.composed where composition = any($1::bigint[])`,
    waitingAmong: `select seq, settled, events from ${s}.parcel where seq = any($1::bigint[])`,
    addCompositions: `insert into ${s}.composition (id, head, name, members)
      select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])`,
    linkCompositions: `insert into ${s}.composed (parcel, composition) select * from unnest($1::bigint[], $2::bigint[])
      on conflict (parcel, composition) do nothing`,
    compositions: `select id, name, members from ${s}.composition where head = $1 order by id`,
    // Parcels read back, of each track the first, and more while they fit.
    takeParcels: `select place, parcel.seq, codec, events, at, source, split, position, ends, body, checksum, settled, attempts
      from unnest($1::bigint[], $2::bigint[], $3::bigint[]) with ordinality as asked (head, after, bytes, place)
      cross join lateral (
        select seq, sum(size) over (order by seq) as total, row_number() over (order by seq) as number from (
          select parcel.seq, size from ${s}.parcel as parcel where parcel.head = asked.head and parcel.seq > asked.after
          order by parcel.seq limit 500
        ) as ahead
      ) as fitting join ${s}.parcel as parcel on parcel.seq = fitting.seq
      where total <= asked.bytes or number = 1 order by parcel.seq`,
    oldest: `select lane, min(at) as at from (
        select head.lane, (select parcel.at from ${s}.parcel as parcel where parcel.head = head.id
          order by parcel.seq limit 1) as at
        from ${s}.head as head
      ) as first where at is not null group by lane`,
    // Gates.
    setGate: `update ${s}.lane set open = $2, reason = $3, since = $4, not_before = $5, former = $6, version = version + 1,
      changed_by = $7 where id = $1`,
    // Checkpoints.
    checkpoint: `select position from ${s}.checkpoint where source = $1 and split = $2`,
    looks: `select days, at from ${s}.look where source = $1`,
    lockLooks: `select days, at from ${s}.look where source = $1 for update`,
    keepLooks: `insert into ${s}.look (source, days, at) values ($1, $2, $3)
      on conflict (source) do update set days = excluded.days, at = excluded.at`,
    splits: `select split, day from ${s}.checkpoint where source = $1 and ($2::text is null or split > $2)
      order by split limit $3`,
    confirm: `update ${s}.checkpoint set day = coalesce((select days from ${s}.look where look.source = $1), 0)
      where source = $1 and split = any($2::text[])`,
    forget: `delete from ${s}.checkpoint where source = $1 and split = any($2::text[]) and day <= $3 returning 1 as gone`,
    // Dead letters.
    window: `select max(id) as last, count(*) as count from (
        select id from ${s}.dead where id > $1 order by id limit $2
      ) as ahead`,
    deadHeads: `select ${heads} from ${keyed} where ${found} order by dead.id limit $13`,
    countDead: `select count(*) as "all", count(letter_key.id) as read from ${keyed} where ${found}`,
    keepKeys: `insert into ${s}.letter_key (id, type, keys)
      select a, b, c from unnest($1::bigint[], $2::text[], $3::text[]) as given (a, b, c)
      where exists (select 1 from ${s}.dead where dead.id = a) on conflict (id) do nothing`,
    removeKeys: `delete from ${s}.letter_key where id = any($1::bigint[])`,
    deadRecords: `select dead.id, codec, coalesce(dead.record, raw.record) as record,
        coalesce(dead.checksum, raw.checksum) as checksum
      from ${s}.dead as dead left join ${s}.raw as raw on raw.id = dead.raw where dead.id = any($1::bigint[])`,
    // Erasures.
    key: `select key, scrub from ${s}.store where one = 1`,
    erasures: `select digest, at from ${s}.erasure`,
    erase: `insert into ${s}.erasure as kept (digest, at) values ($1, $2)
      on conflict (digest) do update set at = greatest(kept.at, excluded.at)`,
    setScrub: `update ${s}.store set scrub = $1 where one = 1`,
    rewrite: ["parcel", "dead", "raw", "letter_key"].map((table) => `vacuum full ${s}.${table}`),
    // Transfers.
    holdsAny: `select exists (select 1 from ${s}.parcel) or exists (select 1 from ${s}.dead)
        or exists (select 1 from ${s}.checkpoint) or exists (select 1 from ${s}.ledger) or exists (select 1 from ${s}.seen)
        or exists (select 1 from ${s}.erasure) or exists (select 1 from ${s}.lane where version > 0) as any`,
    allParcels: `with ahead as (
        select seq, size from ${s}.parcel where seq > $1 order by seq limit 500
      ), fitting as (
        select seq, sum(size) over (order by seq) as total, row_number() over (order by seq) as place from ahead
      ) select ${held} from fitting join ${s}.parcel as parcel on parcel.seq = fitting.seq ${homes}
        where total <= $2 or place = 1 order by parcel.seq`,
    someParcels: `select ${held} from ${s}.parcel as parcel ${homes} where parcel.seq = any($1::bigint[])`,
    allCompositions: `select composition.id, composition.name, members, route, lane.name as lane, track
      from ${s}.composition as composition join ${s}.head as head on head.id = composition.head
        join ${s}.lane as lane on lane.id = head.lane
      where composition.id > $1 order by composition.id limit 1000`,
    allCheckpoints: `select source, split, position, day from ${s}.checkpoint
      where source > $1 or (source = $1 and split > $2) order by source, split limit 1000`,
    allLooks: `select source, days, at from ${s}.look`,
    allSeen: `select id, at from ${s}.seen where id > $1 order by id limit 1000`,
    spoilParcels: `update ${s}.parcel set checksum = checksum + 1 where seq = any($1::bigint[])`,
    putCheckpoints: `insert into ${s}.checkpoint (source, split, position, day)
      select * from unnest($1::text[], $2::text[], $3::text[], $4::integer[])`,
    keepKey: `update ${s}.store set key = $1 where one = 1`,
    raiseNumbers: `select setval('${s}.parcel_number', greatest((select coalesce(max(seq), 1) from ${s}.head), 1)),
      setval('${s}.dead_number', greatest((select coalesce(max(id), 1) from ${s}.dead), 1))`,
    // Counts.
    ledger: `select route, kind, key, sum(events)::bigint as events from ${s}.ledger group by route, kind, key`,
    weights: `select kind, sum(events)::bigint as events from ${s}.ledger
      where kind in ('waiting', 'dead', '+bytes', '+dead', '+seen') group by kind`
  }
}
