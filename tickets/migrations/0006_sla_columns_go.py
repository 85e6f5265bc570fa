import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('tickets', '0005_promises_become_items')]

    operations = [
        migrations.RemoveConstraint(
            model_name='slaclock',
            name='clock_kpi_uniq',
        ),
        migrations.RemoveField(
            model_name='slaclock',
            name='calendar',
        ),
        migrations.RemoveField(
            model_name='slapolicy',
            name='arrival_minutes',
        ),
        migrations.RemoveField(
            model_name='slapolicy',
            name='calendar',
        ),
        migrations.RemoveField(
            model_name='slapolicy',
            name='first_response_minutes',
        ),
        migrations.RemoveField(
            model_name='slapolicy',
            name='resolution_minutes',
        ),
        migrations.RemoveField(
            model_name='slapolicy',
            name='warn_percent',
        ),
        migrations.AddConstraint(
            model_name='slaclock',
            constraint=models.UniqueConstraint(fields=('tenant', 'ticket', 'code', 'round'), name='clock_round_uniq'),
        ),
        migrations.AlterField(
            model_name='slaclock',
            name='item',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='tickets.slaitem'),
        ),
        migrations.AlterField(
            model_name='slaclock',
            name='code',
            field=models.SlugField(db_index=False, max_length=40),
        ),
    ]
