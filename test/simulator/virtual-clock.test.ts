import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../dev/virtual-clock.ts';

const START = new Date('2026-11-21T12:00:00Z');
const later = (ms: number) => new Date(START.getTime() + ms);

describe('the virtual clock', () => {
  it('stands still until it is advanced', async () => {
    const clock = createVirtualClock(START);
    await new Promise((resume) => setTimeout(resume, 15));
    expect(clock.now()).toEqual(START);
    await clock.advance(1_500);
    expect(clock.now()).toEqual(later(1_500));
  });

  it('runs what falls due in order of time, awaits each, and shows its due time meanwhile', async () => {
    const clock = createVirtualClock(START);
    const seen: [string, Date][] = [];
    clock.schedule(later(200), () => void seen.push(['second', clock.now()]));
    clock.schedule(later(100), async () => {
      await new Promise((resume) => setTimeout(resume, 20));
      seen.push(['first', clock.now()]);
    });
    clock.schedule(later(200), () => void seen.push(['third', clock.now()]));
    clock.schedule(later(301), () => void seen.push(['never', clock.now()]));
    await clock.advance(300);
    expect(seen).toEqual([
      ['first', later(100)],
      ['second', later(200)],
      ['third', later(200)],
    ]);
    expect(clock.now()).toEqual(later(300));
  });

  it('runs what an event schedules within the same advance', async () => {
    const clock = createVirtualClock(START);
    const seen: Date[] = [];
    clock.schedule(later(10), () => void clock.schedule(later(20), () => void seen.push(clock.now())));
    await clock.advance(20);
    expect(seen).toEqual([later(20)]);
  });

  it('does not run what was cancelled, and never turns back for what is scheduled in the past', async () => {
    const clock = createVirtualClock(START);
    const seen: Date[] = [];
    clock.schedule(later(10), () => void seen.push(new Date(0)))();
    await clock.advance(50);
    clock.schedule(later(5), () => void seen.push(clock.now()));
    await clock.advance(0);
    expect(seen).toEqual([later(50)]);
  });

  it('lets advances wait for each other and goes on after an event has failed', async () => {
    const clock = createVirtualClock(START);
    clock.schedule(later(10), () => Promise.reject(new Error('broken event')));
    const [first, second] = await Promise.allSettled([clock.advance(100), clock.advance(100)]);
    expect(first).toMatchObject({ status: 'rejected', reason: { message: 'broken event' } });
    expect(second.status).toBe('fulfilled');
    expect(clock.now()).toEqual(later(110));
  });

  it('refuses to be advanced by an event of its own, and by what is no time', async () => {
    const clock = createVirtualClock(START);
    clock.schedule(later(10), () => clock.advance(1));
    await expect(clock.advance(10)).rejects.toThrow('advancing already');
    await expect(clock.advance(-1)).rejects.toThrow(RangeError);
    await expect(clock.advance(Number.NaN)).rejects.toThrow(RangeError);
  });
});
