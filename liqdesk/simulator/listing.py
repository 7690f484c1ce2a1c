"""How contracts are described by exchangeInfo."""

from __future__ import annotations

from typing import Any

from liqdesk.simulator.contracts import Contract


def contract_row(c: Contract) -> dict[str, Any]:
    """Return one contract as exchangeInfo lists it; `pricePrecision` is wider than the grid, as on the venue."""
    tick, step = f"{c.tick:.{c.price_places}f}", f"{c.step:.{c.quantity_places}f}"
    filters: list[dict[str, Any]] = [
        {"maxPrice": "4529764", "filterType": "PRICE_FILTER", "tickSize": tick, "minPrice": tick},
        {"stepSize": step, "filterType": "LOT_SIZE", "maxQty": "1000000000", "minQty": step},
        {"filterType": "MARKET_LOT_SIZE", "minQty": step, "maxQty": "120000000", "stepSize": step},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"notional": "5", "filterType": "MIN_NOTIONAL"},
        {"filterType": "PERCENT_PRICE", "multiplierDown": "0.9500", "multiplierUp": "1.0500", "multiplierDecimal": "4"},
        {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
    ]
    return {
        "symbol": c.symbol, "pair": c.pair, "contractType": c.contract_type, "deliveryDate": c.delivery_ms, "onboardDate": c.onboard_ms,
        "status": c.status, "maintMarginPercent": "2.5000", "requiredMarginPercent": "5.0000", "baseAsset": c.base,
        "quoteAsset": c.quote, "marginAsset": c.quote, "pricePrecision": c.price_places, "quantityPrecision": c.quantity_places,
        "baseAssetPrecision": 8, "quotePrecision": 8, "underlyingType": c.underlying, "underlyingSubType": list(c.tags),
        "triggerProtect": "0.0500", "liquidationFee": "0.012500", "marketTakeBound": "0.05", "maxMoveOrderLimit": 10000,
        "filters": filters, "orderTypes": ["LIMIT", "MARKET", "STOP", "TAKE_PROFIT", "TRAILING_STOP_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"], "permissionSets": ["GRID", "COPY", "DCA", "PSB"],
    }  # fmt: skip


def unheard_of(onboard_ms: int) -> dict[str, Any]:
    """Return a listed contract of a kind, a status and with keys that nobody knows yet; the venue adds such without notice."""
    return {
        "symbol": "NEXTUSDT", "pair": "NEXTUSDT", "contractType": "EVENT_PERPETUAL", "deliveryDate": 4_133_404_800_000,
        "onboardDate": onboard_ms, "status": "OPENING_AUCTION", "baseAsset": "NEXT", "quoteAsset": "USDT", "marginAsset": "USDT",
        "pricePrecision": 4, "quantityPrecision": 0, "baseAssetPrecision": 8, "quotePrecision": 8, "underlyingType": "EVENT",
        "auction": {"endsAt": None, "rounds": [1, 2]},
        "filters": [
            {"filterType": "PRICE_FILTER", "tickSize": "0.0005", "minPrice": "0.0005", "maxPrice": "100"},
            {"filterType": "LOT_SIZE", "stepSize": "1", "minQty": "1", "maxQty": "100000"},
            {"filterType": "AUCTION_BAND", "band": "0.1"},
        ],
    }  # fmt: skip


def exchange_info(symbols: list[dict[str, Any]], now_ms: int) -> dict[str, Any]:
    return {
        "timezone": "UTC", "serverTime": now_ms, "futuresType": "U_MARGINED",
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400},
            {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
        ],
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": symbols,
    }  # fmt: skip
