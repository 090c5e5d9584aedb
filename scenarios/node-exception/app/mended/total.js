// A voucher's value is taken off, if there is one.
exports.total = (basket) => basket.items.reduce((sum, price) => sum + price) - (basket.voucher?.value ?? 0);
