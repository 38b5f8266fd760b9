using System.ComponentModel.DataAnnotations;
using System.Reflection;
using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;

namespace Core.Tests.Devices;

public sealed class ModelRulesTests
{
    [Fact]
    public void Every_chemistry_an_operator_may_name_has_a_discharge_curve()
    {
        var allowed = typeof(BatterySpecification).GetProperty(nameof(BatterySpecification.Chemistry))!.GetCustomAttribute<AllowedValuesAttribute>()!;
        Assert.All(allowed.Values, chemistry => Assert.NotNull(DischargeCurve.Percent((string?)chemistry, 3, 1)));
    }

    [Fact]
    public void Rules_that_say_nothing_are_valid() => Assert.Null(StrictJson.Read<DeviceModel>("{}"u8.ToArray()).Reason);
}
