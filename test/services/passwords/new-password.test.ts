import { describe, expect, test } from 'vitest';
import { findNewPasswordFault } from '../../../src/services/passwords/new-password.ts';

const owner = ['nvduc', 'TCT-004217', 'Nguyễn Văn Đức', 'Tổng cục Lưu trữ'];

describe('a new password', () => {
  test.each([
    'correct horse battery staple',
    'con ga ben hien nha cu',
    'kL9#vQ2!xRw7',
    '739204185617',
    'Trung Nguyen ca phe sua da',
    'x'.repeat(3) + 'Bp8$wz!kdq'.repeat(10),
  ])('may be "%s"', (password) => {
    expect(findNewPasswordFault(password, owner)).toBeNull();
  });

  test.each([
    ['Ngan8ky-tu!', 'too-short'],
    [`${'kL9#vQ2!xRw7'.repeat(9)}`, 'too-long'],
    ['Mật khẩu rất dài đây', 'not-printable-ascii'],
    ['tab\tinside the text', 'not-printable-ascii'],
    [' space at the start', 'space-at-the-ends'],
    ['space at the finish ', 'space-at-the-ends'],
  ])('may not be "%s": %s', (password, fault) => {
    expect(findNewPasswordFault(password, owner)).toBe(fault);
  });

  test.each([
    'matkhau123456',
    'Matkhau@123456',
    'P@ssw0rd2024!',
    'Passw0rd!Passw0rd!',
    'anhyeuem123456',
    'qwertyuiop123',
    '1q2w3e4r5t1q2w3e',
    'aaaaaaaaaaaaaa',
    'abcdefghijklmnop',
    '123456789012',
    'Hanoi@2024Hanoi@2024',
    'Admin@2026Admin',
    'VietNam30041975',
    'quantri@quantri',
    'Welcome1Welcome1',
  ])('may not be the common "%s"', (password) => {
    expect(findNewPasswordFault(password, owner)).toBe('common');
  });

  test.each(['nvduc@nvduc123', 'TCT004217-004217', 'Luutru#tongcuc99', 'nguyenvanduc2026!'])(
    'may not be "%s", which its owner or organisation gives away',
    (password) => {
      expect(findNewPasswordFault(password, owner)).toMatch(/^(derived-from-owner|common)$/);
      expect(findNewPasswordFault(password, owner)).not.toBeNull();
    },
  );

  test('that is refused for one owner may serve another', () => {
    expect(findNewPasswordFault('nvduc.lethuong', ['nvduc', 'Lê Thưởng'])).toBe('derived-from-owner');
    expect(findNewPasswordFault('nvduc.lethuong', ['pmtam', 'Phí Minh Tâm'])).toBeNull();
  });
});
