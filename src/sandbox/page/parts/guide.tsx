/** The newcomer's road: where you are, what to do next, and a hand to get there. */
import { useLayoutEffect, useRef, useState } from 'react';
import type { RoadStep, RoadStepId } from '../types.ts';
import { useWords } from '../words.tsx';

interface GuideProps {
  readonly steps: readonly RoadStep[];
  readonly onShow: (step: RoadStepId) => void;
  /** Writes the step's sentence into the phone's field. */
  readonly onFill: (step: RoadStepId, text: string) => void;
}

/** Explains the step after the last one that was taken. */
export function Guide({ steps, onShow, onFill }: GuideProps) {
  const { say } = useWords();
  const [isOpen, setOpen] = useState(false);
  const isKnown = steps.length > 0;
  const last = steps.findLastIndex(({ done }) => done);
  const current = steps[last + 1];
  const skipped = steps.slice(0, last + 1).filter(({ done }) => !done);
  const isStopped = useSettled(isKnown ? current?.stopped === true : undefined);
  const sentence = current === undefined ? '' : say(`page.road.${current.id}.say`);
  const hasSentence = sentence !== '' && !sentence.startsWith('page.');
  return (
    <section className="guide" aria-label={say('page.guide.label')} data-open={isOpen}>
      <ol className="steps" id="guide-steps">
        {steps.map((step, at) => (
          <li
            key={step.id}
            data-state={step.done ? 'done' : step === current ? 'current' : 'ahead'}
            aria-current={step === current ? 'step' : undefined}
          >
            <span className="dot" aria-hidden="true">
              {step.done ? '✓' : at + 1}
            </span>
            <span className="step-title">{say(`page.road.${step.id}.title`)}</span>
          </li>
        ))}
      </ol>
      <div className="next" aria-live="polite">
        <p className="next-words">
          {current === undefined ? (
            isKnown && <strong>{say('page.guide.done')}</strong>
          ) : (
            <>
              <span className="next-step">{say('page.guide.step', { step: last + 2, total: steps.length })}</span>
              <strong>{say(`page.road.${current.id}.title`)}</strong>{' '}
              <span className="next-hint">
                {say(isStopped ? 'page.guide.stopped' : `page.road.${current.id}.hint`)}
              </span>
            </>
          )}
          {skipped.length > 0 && (
            <span className="next-skipped">
              {' '}
              {say('page.guide.skipped', { name: skipped.map(({ id }) => say(`page.road.${id}.title`)).join(' · ') })}
            </span>
          )}
        </p>
        <div className="next-hands">
          {current !== undefined && hasSentence && (
            <button type="button" className="primary" onClick={() => onFill(current.id, sentence)}>
              {say('page.guide.fill')}
            </button>
          )}
          {current !== undefined && (
            <button
              type="button"
              className={hasSentence ? 'quiet' : 'primary'}
              onClick={() => onShow(isStopped ? 'submit' : current.id)}
            >
              {say('page.guide.show')}
            </button>
          )}
          <button
            type="button"
            className="quiet fold"
            aria-expanded={isOpen}
            aria-controls="guide-steps"
            onClick={() => setOpen(!isOpen)}
          >
            {say(isOpen ? 'page.guide.fold' : 'page.guide.unfold')}
          </button>
        </div>
      </div>
    </section>
  );
}

/** A decision is told a moment after its card closes: until then nothing has stopped. */
const SETTLE_MS = 2_000;

/** Whether it has been true for a while; what is true at the first sight of it (`undefined` = not seen yet) is no news. */
function useSettled(isTrue: boolean | undefined): boolean {
  const [isSettled, setSettled] = useState(false);
  const isSeen = useRef(false);
  useLayoutEffect(() => {
    const isFirst = !isSeen.current;
    isSeen.current = isTrue !== undefined;
    if (isTrue !== true || isFirst) {
      setSettled(isTrue === true);
      return undefined;
    }
    const timer = setTimeout(() => setSettled(true), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [isTrue]);
  return isTrue === true && isSettled;
}
