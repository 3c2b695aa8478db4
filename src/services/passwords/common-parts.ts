// Words that the commonest passwords are put together from, Vietnamese and international, lower case, longest first.

const words = `
password passwort passw pass matkhau mk admin administrator root quantri quantrivien user guest test demo temp
welcome letmein login dangnhap changeme default secret bimat iloveyou love forever hello hey master monkey dragon
shadow sunshine princess football baseball superman batman pokemon starwars whatever trustno qwerty qwertyuiop
qwer asdf asdfgh asdfghjkl zxcv zxcvbn zxcvbnm qazwsx qazwsxedc 1q2w3e4r5t 1q2w3e4r 1q2w3e 1qaz2wsx 1qaz 2wsx 3edc
q1w2e3r4 zaq12wsx zaq1 xsw2 azerty abcd abc aaa xxx computer maytinh internet server network google gmail facebook zalo
windows microsoft samsung iphone apple android cisco fortinet juniper vpn ssl ipsec wifi remote access office company
congty coquan phong tinh huyen xa thanhpho quan phuong anhyeuem emyeuanh yeuem yeuanh yeu anhyeu emyeu iuanh iuem vocong
chongyeu voyeu conyeu conyeubame bame giadinh hanhphuc maiyeu mai yeumai motdoi tinhyeu nguoiyeu nhoem nhoanh khongbiet
khong biet khongco khongnho quenroi quenmatkhau xinchao chao camon hoangsa truongsa vietnam viet nam vn hanoi saigon
tphcm hcm hochiminh danang haiphong cantho hue nghean thanhhoa dalat nhatrang vungtau dongnai binhduong quangninh
quangnam bacninh hungyen thaibinh namdinh ninhbinh hatinh lamdong giaphong nguyen tran pham hoang huynh phan dang bui
duong ngo dinh doan thanh thuy linh trang huong hoa lan tuan dung hung minh duc anh long nam son tung cuong hai
quang thang viet van thi phuong thao ngoc hien hanh nga thu yen may spring summer autumn winter mua xuan ha thu dong
monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
october november december thang tuan nam ngay happy newyear chucmung chucmungnammoi nammoi tet sinhnhat
nhanvien canbo giamdoc truongphong phogiamdoc ketoan taichinh thue haiquan khobac congan canhsat bank nganhang
vietcombank vietinbank agribank bidv techcombank vnpt viettel mobifone vinaphone fpt evn data security baomat antoan
antoanthongtin congnghe congnghethongtin cntt egov chinhphu bao hiem baohiem xahoi baohiemxahoi bhxh yte
gateway gatewarden radius
`;

export const commonParts: readonly string[] = [...new Set(words.trim().split(/\s+/))].sort(
  (a, b) => b.length - a.length,
);
