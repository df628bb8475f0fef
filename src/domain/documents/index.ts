export { documentErrors } from './document-errors.ts';
export { assignDocument, listDocuments, receiveDocument, reviewDocument } from './document-operations.ts';
export { DOCUMENT_STATES, type DocumentState } from './document.ts';
export { intakeFile, MAX_FILE_BYTES, MIN_FILE_BYTES, REFUSED_UNSEEN, type FileClaim } from './intake.ts';
export { missingCodes } from './progress.ts';
export { filingTarget, readFile, storeFile, type StoredFile, type Upload } from './stored-file.ts';
export { MAX_UPLOAD_FILES, offerUpload, openUpload, takeUpload, UPLOADED } from './upload-operations.ts';
export { leaveDocument, remindOfUnfiled } from './unfiled-operations.ts';
export { findUploadLink } from './upload-store.ts';
