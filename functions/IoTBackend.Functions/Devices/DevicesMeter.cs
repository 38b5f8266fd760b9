using System.Diagnostics.Metrics;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Devices.Enrolment;

namespace IoTBackend.Functions.Devices;

/// <summary>Meter <c>IoTBackend.Devices</c>; devices' ids are never tags.</summary>
internal sealed class DevicesMeter(IMeterFactory meters)
{
    public const string Name = "IoTBackend.Devices";

    private static readonly KeyValuePair<string, object?>[] Results =
        [.. Enum.GetValues<AuthenticationResult>().Select(r => KeyValuePair.Create("iot.result", (object?)r.ToString()))];

    private readonly Counter<long> _authentications = meters.Create(Name).CreateCounter<long>(
        "iot.devices.authentications", "{attempt}", "Credentials judged, by result");

    private readonly Counter<long> _enrolments = meters.Create(Name).CreateCounter<long>(
        "iot.devices.enrolments", "{attempt}", "Devices that showed a claim, by result");

    public void Authenticated(AuthenticationResult result) => _authentications.Add(1, Results[(int)result]);

    public void Enrolled(EnrolmentOutcome outcome) =>
        _enrolments.Add(1, KeyValuePair.Create("iot.result", (object?)(outcome.Refusal?.ToString() ?? (outcome.IsNew ? "Enrolled" : "Again"))));
}
