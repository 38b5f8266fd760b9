using System.Text.Json;

namespace IoTBackend.Cost;

/// <summary>One list price.</summary>
/// <param name="Value">In the table's currency, or a free quantity.</param>
/// <param name="Per">What it buys.</param>
/// <param name="Region">Where.</param>
/// <param name="Date">When it was read.</param>
/// <param name="Source">Where it was read; "not verified" where it was not.</param>
internal sealed record Price(decimal Value, string Per, string Region, string Date, string Source);

/// <summary>infra/prices.json. A name that is not in it is a bug, and throws.</summary>
internal sealed class Prices(IReadOnlyDictionary<string, Price> prices)
{
    public const int HoursPerMonth = 730;

    public decimal this[string name] => prices.TryGetValue(name, out var price)
        ? price.Value
        : throw new KeyNotFoundException($"prices.json has no price {name}.");

    public IReadOnlyDictionary<string, Price> All => prices;

    /// <summary>Year and month of the price read last.</summary>
    public string Newest => prices.Values.Max(p => p.Date[..Math.Min(7, p.Date.Length)])!;

    public static Prices Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return new(document.RootElement.GetProperty("prices").EnumerateObject().ToDictionary(p => p.Name, p => new Price(
            p.Value.GetProperty("price").GetDecimal(),
            p.Value.GetProperty("per").GetString()!,
            p.Value.GetProperty("region").GetString()!,
            p.Value.GetProperty("date").GetString()!,
            p.Value.GetProperty("source").GetString()!)));
    }
}
