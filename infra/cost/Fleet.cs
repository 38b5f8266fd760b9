namespace IoTBackend.Cost;

/// <summary>Devices and how they send.</summary>
/// <param name="Devices">How many.</param>
/// <param name="PerHour">Readings of one device in an hour.</param>
/// <param name="Amqp">Each keeps an AMQP connection to the hub; otherwise readings are HTTP requests to the app.</param>
/// <param name="PerRequest">Readings in one HTTP request.</param>
internal sealed record Fleet(long Devices, decimal PerHour, bool Amqp, int PerRequest = 1)
{
    public decimal PerSecond => Devices * PerHour / 3600;

    public decimal RequestsPerSecond => Amqp ? 0 : PerSecond / PerRequest;

    /// <summary>A request becomes one event in the hub, whatever is in it.</summary>
    public decimal EventsPerSecond => Amqp ? PerSecond : RequestsPerSecond;

    public decimal PerDay => Devices * PerHour * 24;

    public decimal PerMonth => Devices * PerHour * Prices.HoursPerMonth;

    public override string ToString() => $"{Devices:N0} devices, {PerHour:0.#}/h, {(Amqp ? "AMQP" : $"HTTP with {PerRequest} a request")}";
}
