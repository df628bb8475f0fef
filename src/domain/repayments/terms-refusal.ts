/**
 * How every calculation of this room says no: one `request.invalid` with a pointer into the request, a stable code
 * and, as message, the locale key of the sentence (`calculators.fault.<code>`), which the outside face translates.
 */
import { AppError, commonErrors, type FieldFault } from '../../lib/errors.ts';

/** The fault with its locale key. `pointer` is an RFC 6901 pointer into the request body; '' is the body itself. */
export function termsFault(pointer: string, code: string): FieldFault {
  return { pointer, code, message: `calculators.fault.${code}` };
}

/** The refusal to throw for one fault. */
export function refuseTerms(pointer: string, code: string): AppError {
  return refuseAll([termsFault(pointer, code)]);
}

/** The refusal to throw for several faults found together. */
export function refuseAll(faults: readonly FieldFault[]): AppError {
  return new AppError(commonErrors['request.invalid'], { faults });
}
