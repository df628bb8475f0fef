import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  changedFacts,
  factsOfNothing,
  leadChanges,
  leadFacts,
  misplacedFacts,
  nextInRotation,
  noteAnswers,
  recordFacts,
  weighAnswers,
  wishedAmount,
  type RecordedFacts,
  type RotationSeat,
} from '../../../../src/domain/leads/lead.ts';

const AT = new Date('2026-11-21T01:00:00Z');

function seat(staffId: string, assigned: number, waitingSince = '2026-11-01T00:00:00Z'): RotationSeat {
  return { staffId, teamId: null, assigned, waitingSince: new Date(waitingSince) };
}

describe('whose turn it is', () => {
  test('his who has the fewest leads from the rotation', () => {
    expect(nextInRotation([seat('a', 3), seat('b', 2), seat('c', 4)])?.staffId).toBe('b');
  });

  test('among equals his who has waited longest, then his who comes first', () => {
    expect(nextInRotation([seat('a', 1, '2026-11-20T10:00:00Z'), seat('b', 1, '2026-11-20T09:00:00Z')])?.staffId).toBe(
      'b',
    );
    expect(nextInRotation([seat('a', 0), seat('b', 0)])?.staffId).toBe('a');
  });

  test('nobody’s, when there is nobody', () => {
    expect(nextInRotation([])).toBeUndefined();
  });

  test('after any number of leads nobody is more than one ahead', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 60 }), (people, leads) => {
        let seats = Array.from({ length: people }, (_one, index) => seat(`s${index}`, 0));
        for (let n = 0; n < leads; n += 1) {
          const next = nextInRotation(seats);
          const at = new Date(AT.getTime() + n * 1000);
          seats = seats.map((one) => (one === next ? { ...one, assigned: one.assigned + 1, waitingSince: at } : one));
        }
        const counts = seats.map(({ assigned }) => assigned);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(leads);
      }),
      { seed: 20261121 },
    );
  });
});

describe('facts of a lead', () => {
  const recorded: RecordedFacts = { city: { value: '深圳', by: 'staff-1', at: '2026-11-20T00:00:00.000Z' } };

  test('what is new or different is a change, what is the same is not', () => {
    expect(changedFacts(recorded, { city: '深圳', term: 36 })).toEqual({ term: { from: null, to: 36 } });
    expect(changedFacts(recorded, { city: '广州' })).toEqual({ city: { from: '深圳', to: '广州' } });
  });

  test('name, phone and identity number are never among them', () => {
    expect(
      changedFacts({}, { name: '何女士', phone: '13800006612', identityNumber: '11010519491231002X', house: false }),
    ).toEqual({ house: { from: null, to: false } });
  });

  test('a repeated fact keeps the one who said it first', () => {
    expect(recordFacts(recorded, { city: '深圳', term: 36 }, 'customer', AT)).toEqual({
      city: { value: '深圳', by: 'staff-1', at: '2026-11-20T00:00:00.000Z' },
      term: { value: 36, by: 'customer', at: '2026-11-21T01:00:00.000Z' },
    });
  });

  describe('of which one hangs on another', () => {
    const by = (who: string, facts: Readonly<Record<string, string | number | boolean>>): RecordedFacts =>
      recordFacts({}, facts, who, AT);
    const mortgaged = by('staff-1', {
      house: true,
      houseStatus: 'mortgage',
      monthlyPayment: '6000.00',
      income: '1.00',
    });

    test.each([
      ['no house', { house: false }, ['house', 'income']],
      ['no house, though the same words give its status', { house: false, houseStatus: 'full' }, ['house', 'income']],
      ['a house that is paid off', { houseStatus: 'full' }, ['house', 'houseStatus', 'income']],
      [
        'another status with a payment of its own',
        { houseStatus: 'pledged', monthlyPayment: '7.00' },
        ['house', 'houseStatus', 'income', 'monthlyPayment'],
      ],
      ['the same house again', { house: true }, ['house', 'houseStatus', 'income', 'monthlyPayment']],
      ['what is taken back', { houseStatus: null, income: null }, ['house']],
    ] as const)('%s leaves what holds', (_what, facts, left) => {
      expect(Object.keys(recordFacts(mortgaged, facts, 'staff-1', AT)).sort()).toEqual(left);
    });

    test('another city has another district, and one whose city was unknown keeps it', () => {
      expect(recordFacts(by('s', { city: '深圳', district: '南山' }), { city: '广州' }, 's', AT)).not.toHaveProperty(
        'district',
      );
      expect(recordFacts(by('s', { district: '南山' }), { city: '深圳' }, 's', AT)).toHaveProperty('district');
    });

    test('what goes is told as a change', () => {
      expect(changedFacts(mortgaged, { houseStatus: 'full' })).toEqual({
        houseStatus: { from: 'mortgage', to: 'full' },
        monthlyPayment: { from: '6000.00', to: null },
      });
      expect(changedFacts({}, { house: false, debt: null })).toEqual({ house: { from: null, to: false } });
    });

    test('nothing is said of a house or a car that is not there', () => {
      const without = by('staff-1', { house: false, car: false });
      expect(
        factsOfNothing(without, { houseStatus: 'mortgage', monthlyPayment: '6200.00', carStatus: 'full' }),
      ).toEqual(['houseStatus', 'monthlyPayment', 'carStatus']);
      expect(factsOfNothing({}, { house: false, monthlyPayment: '6200.00' })).toEqual(['monthlyPayment']);
      expect(factsOfNothing(without, { house: true, houseStatus: 'mortgage', monthlyPayment: '6200.00' })).toEqual([]);
      expect(factsOfNothing(without, { house: false, houseStatus: null, amount: '1000.00' })).toEqual([]);
      expect(factsOfNothing({}, { houseStatus: 'mortgage' })).toEqual([]);
    });

    test('what hangs on a fact that stands otherwise on file finds no place there', () => {
      const said = { house: true, houseStatus: 'mortgage', monthlyPayment: '6200.00', city: '深圳', district: '福田' };
      expect([...misplacedFacts({ house: false, city: '北京' }, said)]).toEqual([
        'houseStatus',
        'monthlyPayment',
        'district',
      ]);
      expect([...misplacedFacts({ houseStatus: 'full' }, said)]).toEqual(['monthlyPayment']);
      expect([...misplacedFacts({ house: true, city: '深圳' }, said)]).toEqual([]);
    });

    test('a customer who has a house after all says nothing of its mortgage as long as ours is that he has none', () => {
      const said = { house: true, houseStatus: 'mortgage' };
      expect(weighAnswers(by('staff-1', { house: false }), said)).toEqual({ taken: {}, contradicted: ['house'] });
      expect(weighAnswers(by('customer', { house: false }), said)).toEqual({ taken: said, contradicted: [] });
    });

    test('a customer does not take back what one of us wrote by denying what it hangs on', () => {
      const recorded = { ...mortgaged, ...by('customer', { house: true }) };
      expect(weighAnswers(recorded, { house: false, income: null })).toEqual({
        taken: {},
        contradicted: ['house', 'income'],
      });
      expect(noteAnswers(recorded, { house: false, income: null }, ['house', 'income'], AT).news).toEqual(['house']);
    });

    test('who, how much and for what can be replaced, not taken back', () => {
      for (const name of ['name', 'phone', 'amount', 'term', 'purpose', 'product'])
        expect(leadChanges.safeParse({ [name]: null }).success, name).toBe(false);
      expect(leadChanges.safeParse({ monthlyPayment: null, house: null, licenceName: null }).success).toBe(true);
      expect(leadChanges.safeParse({}).success).toBe(true);
      expect(leadFacts.safeParse({ income: null }).success).toBe(false);
    });
  });

  test.each([
    ['300000.00', 30_000_000n],
    ['0.01', 1n],
    ['1000000000000.00', 100_000_000_000_000n],
    ['1000000000000.01', 'invalid'],
    ['0.00', 'invalid'],
    ['-5.00', 'invalid'],
    ['三十万', 'invalid'],
  ])('a wish of %s is %s fen', (amount, expected) => {
    expect(wishedAmount({ amount })).toBe(expected);
  });

  test('no wish is no wish', () => {
    expect(wishedAmount({})).toBeUndefined();
  });

  test('unknown facts are refused, so that a misspelt one is not lost quietly', () => {
    expect(leadFacts.safeParse({ amout: '300000.00' }).success).toBe(false);
    expect(leadFacts.safeParse({ name: '  ' }).success).toBe(false);
    expect(leadFacts.safeParse({ term: 1201 }).success).toBe(false);
  });
});
