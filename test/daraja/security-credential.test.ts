import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encryptInitiatorPassword } from '#mpesa/daraja/security-credential.ts';

const FOLDER = 'dev/daraja/certificate';
const certificate = readFileSync(`${FOLDER}/simulator-certificate.pem`, 'utf8');
const key = readFileSync(`${FOLDER}/simulator-key.pem`, 'utf8');

describe('a security credential', () => {
  it('is the password alone under the key of the certificate, in base64', () => {
    const credential = encryptInitiatorPassword('Tést#Password;1', certificate);
    expect(credential).toMatch(/^[A-Za-z0-9+/]{342}==$/);
    const opened = privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(credential, 'base64'));
    expect(opened.toString()).toBe('Tést#Password;1');
  });

  it('differs each time, as the padding is random', () => {
    expect(encryptInitiatorPassword('a', certificate)).not.toBe(encryptInitiatorPassword('a', certificate));
  });

  it.each([
    ['no password', '', certificate, 'no password'],
    ['a password that does not fit', 'x'.repeat(300), certificate, 'too long'],
    ['no certificate', 'pw', '', 'no X.509 certificate'],
    ['a certificate cut short', 'pw', certificate.slice(0, 500), 'no X.509 certificate'],
    [
      'a bare key',
      'pw',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }) as string,
      'no X.509',
    ],
  ])('with %s says so, refused, without quoting anything', (_, password, pem, message) => {
    let caught: unknown;
    try {
      encryptInitiatorPassword(password, pem);
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ name: 'DarajaError', kind: 'refused', reason: 'not_configured' });
    expect(String(caught)).toContain(message);
    expect(String(caught)).not.toContain('xxx');
  });
});
