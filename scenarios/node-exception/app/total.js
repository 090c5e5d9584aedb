// A voucher's value is taken off.
exports.total = (basket) => basket.items.reduce((sum, price) => sum + price) - basket.voucher.value;
