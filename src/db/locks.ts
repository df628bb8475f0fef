/**
 * The numbers of our advisory locks: all in one place, for two purposes under one number would wait for each other, or take
 * each other's work for done. What is locked by name or account hashes it with its number as the seed.
 */
export const LOCKS = {
  /** Prisma's own, so that its CLI and our migrations wait for each other. */
  migration: 72_707_369,
  /** Making the monthly partitions; taken by `ensure_partitions` of the migrations. */
  partitions: 72_707_370,
  /** Making the first keys of a database. */
  keyring: 72_707_371,
  /** Sealing the audit log. */
  auditSeal: 72_707_372,
  /** Giving out leads in turn. */
  leadRotation: 72_707_373,
  /** Fetching a new token of a platform; with the token's key. */
  channelToken: 72_707_374,
  /** Publishing a flow; with its name. */
  flowPublishing: 72_707_375,
  /** Listening to a platform; with the account. */
  listening: 72_707_376,
  /** Writing an anchor of the audit log. */
  auditAnchor: 72_707_377,
  /** Telling that Redis is away. */
  queueLost: 72_707_378,
  /** Publishing a product; with its code. */
  productPublishing: 72_707_379,
  /** What is done on the ground of a consent, and a no to it; with customer and consent. */
  consent: 72_707_381,
  /** Seeding the demo company. */
  demoSeed: 72_707_382,
  /** Somebody uses this embedded server; in the database `postgres`, where no other lock of ours is. */
  presence: 0x64_61_69_62,
} as const;
