using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;

namespace Core.Tests.Devices;

public sealed class ModelRulesTests
{
    /// <summary>As stores made before hold it.</summary>
    private const string Stored = """
        {"name":"m","platform":"linux/arm64","battery":{"chemistry":"cr","lowVoltage":2.8,"criticalVoltage":2.5,"lowPercent":20,"criticalPercent":5},"reportingInterval":"PT1M","securityTested":true,"segment":"s","falseAlarmsPer1000DeviceDays":0.5,"serviceInterval":"P365D","dataLossShare":0.2,"linkDropDecibels":12,"flappingSilences":6,"abnormalDrainFactor":4}
        """;

    [Fact]
    public void A_stored_model_is_read_in_full_and_written_as_it_was()
    {
        var model = JsonSerializer.Deserialize<DeviceModel>(Stored, WireJson.Options)!;
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(Stored), JsonSerializer.SerializeToElement(model, WireJson.Options)));
        Assert.Equal((TimeSpan.FromDays(365), 6, "cr"), (model.ServiceInterval, model.FlappingSilences, model.Battery?.Chemistry));
    }

    [Fact]
    public void Every_chemistry_an_operator_may_name_has_a_discharge_curve()
    {
        var allowed = typeof(BatterySpecification).GetProperty(nameof(BatterySpecification.Chemistry))!.GetCustomAttribute<AllowedValuesAttribute>()!;
        Assert.All(allowed.Values, chemistry => Assert.NotNull(DischargeCurve.Percent((string?)chemistry, 3, 1)));
    }

    [Fact]
    public void Rules_that_say_nothing_are_valid() => Assert.Null(StrictJson.Read<DeviceModel>("{}"u8.ToArray()).Reason);
}
